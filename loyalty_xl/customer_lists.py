"""Lists of customers to act on: who may leave, whom to call back, whom to invite, who went silent, who must not be contacted.

They are written to a file of their own, never into the workbook: a scorecard is mailed, customer data are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.opening import Asked, open_book
from loyalty_xl.publish.customer_file import Column, CustomerList, is_ours, write_lists
from loyalty_xl.rows.customers import customer_months
from loyalty_xl.rows.histories import RECENT
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, collect
from loyalty_xl.rows.warnings import Warnings, warnings

if TYPE_CHECKING:
    import pandas as pd

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.preparing import Prepared
    from loyalty_xl.settings import Settings

WATCHED, LEFT_ALONE = (30, 60, 90), 120  # days after the first purchase; older customers are no longer new
FALLS = -0.3  # from this change on it is a reason
DAY, COUNT, SCORE, MONEY = "yyyy-mm-dd", "#,##0", "0.00", "#,##0.00"
ID = Column("customer", "客户编号", "Customer", 16)
CONTACT = Column("contact", "可否联系", "May be contacted", 22)
MAY = {True: ("可以", "yes"), False: ("不可联系:未授权", "NO: no consent"), None: ("未记录", "not recorded")}


@dataclass(frozen=True)
class Lists:
    """What was made."""

    lists: list[CustomerList]
    as_of: date
    language: str
    written_to: Path


@dataclass(frozen=True)
class _Known:
    """What the lists are made from."""

    sheets: dict[str, Sheet]
    prepared: Prepared
    settings: Settings
    as_of: date

    @property
    def warned(self) -> Warnings:
        made: Warnings = self.prepared.ready.once(warnings, self.settings)
        return made

    def has(self, sheet: str) -> bool:
        return sheet in self.sheets and not self.sheets[sheet].blocked

    def name(self, code: int) -> str:
        return self.prepared.customers[code]

    def consents(self) -> dict[str, bool | None]:
        """Whether each customer agreed to be contacted; None where nothing is recorded."""
        if not self.has("Customers"):
            return {}
        frame = self.sheets["Customers"].frame
        frame = frame[frame["merged_into"].isna()]
        given = frame["contact_consent"].astype("boolean")
        answers = zip(frame["customer_id"].astype(str), given.fillna(False), given.isna(), strict=True)
        return {who: None if blank else bool(answer) for who, answer, blank in answers}


def write_customer_lists(
    book: Path, out: Path | None, asked: Asked, *, today: date | None = None, overwrite: bool = False
) -> Lists:
    """Make the lists of a workbook and write them beside it, or to *out*.

    Raises
    ------
    WriteError
        There is a file already that is none of ours, and *overwrite* was not said.
    UsageError
        The sheets hold no dates: there is no day to look from.
    """
    target = out or book.with_name(f"{book.stem}_customers.xlsx")
    if target.suffix.lower() != ".xlsx":
        raise UsageError("", f"文件名要以 .xlsx 结尾:{target.name}", f"The file must end in .xlsx: {target.name}")
    if target.exists() and ((book.exists() and target.samefile(book)) or not (overwrite or is_ours(target))):
        raise WriteError(
            "E404",
            f"{target} 已经存在,而且不是客户名单,没有覆盖。请换一个文件名(--out),或加 --overwrite。",
            f"{target} exists and is no file of customer lists; it was not overwritten. Name another with --out, or say --overwrite.",
        )
    known, language = _known(book, asked, today)
    lists = [_at_risk(known), _detractors(known), _promoters(known), _silent(known), _without_consent(known)]
    replace_file(target, lambda path: write_lists(path, lists, known.as_of, language), backups=None)
    return Lists(lists, known.as_of, language, target)


def _known(book: Path, asked: Asked, today: date | None) -> tuple[_Known, str]:
    """Read and check the workbook and its sources; no KPI is computed."""
    with open_book(book, asked.sources) as opened:
        from loyalty_xl import library, pipeline
        from loyalty_xl.inputs import gather
        from loyalty_xl.preparing import newest_date, prepare

        today = today or date.today()  # noqa: DTZ011 - only decides which dates lie in the future
        inputs = gather(opened, sources=asked.sources, settings=asked.settings, today=today, allow_csv=asked.allow_csv)
        library.load()
        sheets, _ = pipeline.check(inputs, today)
    latest = inputs.settings.at(date.max)
    newest = newest_date(sheets)
    as_of = asked.as_of or latest.as_of or (newest + timedelta(days=1) if newest else None)
    if as_of is None:
        raise UsageError("", "没有可用的数据,做不出名单。", "There are no usable data to make lists from.")
    settings = inputs.settings.at(as_of - timedelta(days=1))
    return _Known(sheets, prepare(sheets, settings, as_of), settings, as_of), asked.language or latest.language


def _base(known: _Known) -> dict[int, float]:
    """Customers in the base, with their net spend of the last 12 months."""
    ready = known.prepared.ready
    grid = collect(ready.once(customer_months, known.settings, ("all",)).select("who", "month", "base", "spend"))
    now = grid[(grid["month"] == ready.last_month) & (grid["base"] > 0)].set_index("who")["spend"]
    before = grid[grid["month"] == ready.last_month - 12].set_index("who")["spend"].reindex(now.index).fillna(0.0)
    values = (now - before).round(2)
    return dict(zip(values.index.tolist(), values.tolist(), strict=True))


def _at_risk(known: _Known) -> CustomerList:
    made = CustomerList(
        "at_risk", "濒临流失", "At risk",
        ("客户基数中风险为高或中的客户,评分高的在前。", "Customers of the base at high or medium risk, the highest score first."),
        (
            ID, CONTACT, Column("band", "风险档", "Band", 10), Column("score", "评分", "Score", 8, SCORE), Column("reasons", "原因", "Why", 70),
            Column("since", "距上次购买天数", "Days since last", 12, COUNT), Column("usual", "通常间隔天数", "Usual gap, days", 12, COUNT),
            Column("value", "近12个月净消费", "Net spend, 12 months", 16, MONEY), Column("open", "未结投诉", "Open complaints", 10, COUNT),
        ),
    )  # fmt: skip
    if "orders" not in known.prepared.ready:
        made.missing = ("没有订单表,无法评分。", "There is no Orders sheet: nobody can be scored.")
        return made
    warned, day = known.warned, known.prepared.ready.as_of
    now, score, value = warned.snapshot(day), warned.scores(day), _base(known)
    made.notes.append(
        ("评分来自经历史验证的回归。", "The score is the regression, validated on history.")
        if warned.trial(day).used
        else ("评分来自间隔规则:回归未经验证或没有胜过基准。", "The score is the gap rule: the regression is not validated, or does not beat the baseline.")
    )  # fmt: skip
    consents, past = known.consents(), warned.past
    frequency, spend = now.frequency_change, now.spend_change
    complaints = (
        past.complained.sum_between(now.customers, day - RECENT, day)
        if past.complained
        else np.zeros(len(now.customers))
    )
    still_open, last = past.open_complaints(now.customers, day), past.last_score(now.customers, day)
    for place, code in enumerate(now.customers.tolist()):
        if code not in value or not score[code] >= known.settings.warn_band_medium:
            continue
        high = score[code] >= known.settings.warn_band_high
        reasons = _reasons(now.since[place], now.usual[place], frequency[place], spend[place], complaints[place], still_open[place],
                           last[place] if last[place] <= known.settings.nps_detractor_max else None)  # fmt: skip
        name = known.name(code)
        made.rows.append({
            "customer": name, "contact": MAY[consents.get(name)], "band": ("高", "high") if high else ("中", "medium"),
            "score": round(float(score[code]), 4), "reasons": reasons, "since": int(now.since[place]), "usual": round(float(now.usual[place])),
            "value": value[code], "open": int(still_open[place]), "place": (not high, consents.get(name) is False, -score[code], name),
        })  # fmt: skip
    made.rows.sort(key=lambda row: row["place"])
    return made


def _reasons(
    since: float, usual: float, frequency: float, spend: float, complaints: float, still_open: float, low: float | None
) -> tuple[str, str]:
    """Why a customer is on the list, in words."""
    said: list[tuple[str, str]] = []
    if since >= usual:
        said.append(
            (
                f"{since:.0f} 天没有购买,是通常间隔的 {since / usual:.1f} 倍",
                f"no purchase for {since:.0f} days, {since / usual:.1f} times the usual gap",
            )
        )
    if frequency <= FALLS:
        said.append(("近 90 天购买次数减少", "buys less often in the last 90 days"))
    if spend <= FALLS:
        said.append(("近 90 天消费减少", "spends less in the last 90 days"))
    if complaints:
        said.append((f"近 90 天投诉 {complaints:.0f} 次", f"complaints in the last 90 days: {complaints:.0f}"))
    if still_open:
        said.append(("有未结投诉", "a complaint is open"))
    if low is not None:
        said.append((f"最近一次推荐分 {low:.0f},为贬损者", f"last recommendation score {low:.0f}: a detractor"))
    if not said:
        said.append(("多个迹象合计", "several small signs together"))
    return ";".join(zh for zh, _ in said), "; ".join(en for _, en in said)


def _answers(known: _Known, made: CustomerList) -> list[dict[str, Any]] | None:
    """The last answer of each customer in the latest survey wave; None, with the reason in *made*, where there is none."""
    waves, ready = known.prepared.waves, known.prepared.ready
    if "responses" not in ready or not len(waves):
        made.missing = (
            "没有问卷回收表,或没有打分的答卷。",
            "There is no SurveyResponses sheet, or no answer with a score.",
        )
        return None
    newest = waves.sort_values(["newest", "wave"]).iloc[-1]
    rows = collect(ready["responses"].filter(nw.col("wave") == int(newest["wave"]), nw.col("customer") != ANONYMOUS))
    rows = rows[rows["recommend_score"].notna()].sort_values("sequence").drop_duplicates("customer", keep="last")
    frame = known.sheets["SurveyResponses"].frame
    frame = frame[~(frame["answered_on"].to_numpy() >= np.datetime64(known.as_of))]
    sent: pd.DataFrame = frame.iloc[(rows["sequence"] % 10_000_000).to_numpy()]
    made.notes.append((f"问卷批次:{newest['name']}。", f"Survey wave: {newest['name']}."))
    consents = known.consents()
    found = []
    for customer, score, (_, answer) in zip(rows["customer"], rows["recommend_score"], sent.iterrows(), strict=True):
        name = known.name(int(customer))
        found.append({
            "customer": name, "contact": MAY[consents.get(name)], "score": int(score), "reason": _text(answer["recommend_reason"]),
            "answered": answer["answered_on"].date(), "followed": answer["follow_up_on"] == answer["follow_up_on"],
            "owner": _text(answer["follow_up_owner"]), "forbidden": consents.get(name) is False,
        })  # fmt: skip
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _detractors(known: _Known) -> CustomerList:
    made = CustomerList(
        "detractors", "待回访的贬损者", "Detractors to call back",
        ("最近一批问卷中的贬损者,还没有回访的;等得久的在前。", "Detractors of the latest wave whom nobody has called back; the longest wait first."),
        (
            ID, CONTACT, Column("score", "推荐分", "Score", 8, "0"), Column("reason", "评分理由", "Reason given", 60),
            Column("answered", "填写日期", "Answered on", 12, DAY), Column("waiting", "已等天数", "Days waiting", 10, COUNT),
            Column("owner", "回访人", "Owner", 14),
        ),
    )  # fmt: skip
    for each in _answers(known, made) or []:
        if each["score"] <= known.settings.nps_detractor_max and not each["followed"]:
            made.rows.append(each | {"waiting": (known.as_of - each["answered"]).days})
    made.rows.sort(key=lambda row: (row["forbidden"], -row["waiting"], row["score"], row["customer"]))
    return made


def _promoters(known: _Known) -> CustomerList:
    made = CustomerList(
        "promoters", "可邀请的推荐者", "Promoters to invite",
        ("最近一批问卷中的推荐者:可邀请推荐、加入顾问小组或参加活动;消费多的在前。", "Promoters of the latest wave: to ask for a referral, to a panel or an event; the highest spend first."),
        (
            ID, CONTACT, Column("score", "推荐分", "Score", 8, "0"), Column("reason", "评分理由", "Reason given", 60),
            Column("answered", "填写日期", "Answered on", 12, DAY), Column("value", "近12个月净消费", "Net spend, 12 months", 16, MONEY),
        ),
    )  # fmt: skip
    answers = _answers(known, made)
    if answers is None:
        return made
    spent = {
        known.name(code): value for code, value in (_base(known) if "orders" in known.prepared.ready else {}).items()
    }
    made.rows = [
        each | {"value": spent.get(each["customer"], 0.0)}
        for each in answers
        if each["score"] >= known.settings.nps_promoter_min
    ]
    made.rows.sort(key=lambda row: (row["forbidden"], -row["value"], row["customer"]))
    return made


def _silent(known: _Known) -> CustomerList:
    made = CustomerList(
        "silent_new", "沉默的新客", "Silent new customers",
        ("首购后满 30、60、90 天,既没有再次购买也没有沟通的新客(首购 120 天以内)。",
         "New customers 30, 60 or 90 days after their first purchase without another purchase or a contact (within 120 days of it)."),
        (
            ID, CONTACT, Column("stage", "沉默满(天)", "Silent for, days", 12, COUNT), Column("first", "首购日期", "First purchase", 12, DAY),
            Column("days", "距首购天数", "Days since", 10, COUNT),
        ),
    )  # fmt: skip
    ready = known.prepared.ready
    if "orders" not in ready:
        made.missing = ("没有订单表,看不出谁是新客。", "There is no Orders sheet: nobody is known to be new.")
        return made
    past, day = known.warned.past, ready.as_of
    touched: dict[int, int] = {}
    if "interactions" in ready:
        for who, on in collect(ready["interactions"].select("customer", "day")).itertuples(index=False):
            touched[who] = max(on, touched.get(who, -NEVER))
    else:
        made.notes.append(
            ("没有客户沟通表:只看有没有再次购买。", "There is no Interactions sheet: only purchases are looked at.")
        )
    consents = known.consents()
    for code in past.known_on(day).tolist():
        begin, end = int(past.begins[code]), int(past.begins[code + 1])
        first = int(past.bought.days[begin])
        age = day - 1 - first
        again = end - begin > 1 or touched.get(code, -NEVER) >= first
        if again or not WATCHED[0] <= age < LEFT_ALONE:
            continue
        name = known.name(code)
        made.rows.append({
            "customer": name, "contact": MAY[consents.get(name)], "stage": max(each for each in WATCHED if each <= age),
            "first": date(1970, 1, 1) + timedelta(days=first), "days": age, "forbidden": consents.get(name) is False,
        })  # fmt: skip
    made.rows.sort(key=lambda row: (row["forbidden"], -row["stage"], row["first"], row["customer"]))
    return made


def _without_consent(known: _Known) -> CustomerList:
    made = CustomerList(
        "without_consent", "未授权联系", "Without consent",
        ("没有同意被联系的客户:不要联系,不要发问卷。“未记录”的先补记。", "Customers who did not agree to be contacted: no calls, no surveys. Where nothing is recorded, record it first."),
        (ID, Column("consent", "是否同意", "Consent", 14)),
    )  # fmt: skip
    if not known.has("Customers") or "contact_consent" not in known.sheets["Customers"].sent:
        made.missing = (
            "没有客户表,或其中没有“是否同意联系”一列,无从得知谁同意。",
            "There is no Customers sheet, or it has no column contact_consent: nobody's consent is known.",
        )
        return made
    words = {False: ("否", "no"), None: ("未记录", "not recorded")}
    made.rows = [
        {"customer": name, "consent": words[answer], "place": (answer is None, name)}
        for name, answer in known.consents().items()
        if answer is not True
    ]
    made.rows.sort(key=lambda row: row["place"])
    return made
