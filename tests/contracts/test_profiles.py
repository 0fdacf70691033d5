"""What CRM programs export is read by an editable profile: headers, values, and which rows count."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from loyalty_xl import refresh
from loyalty_xl.cli import main
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.profiles import built_in, find_profile
from loyalty_xl.errors import UsageError
from loyalty_xl.newbook import make_book

TODAY = date(2026, 11, 1)

DEALS = [
    ["Opportunity ID", "Account ID", "Amount", "Close Date", "Stage", "Opportunity Owner"],
    ["006A1", "001A1", "1200", "2026-05-03", "Closed Won", "Li"],
    ["006A2", "001A2", "800", "2026-05-09", "Closed Lost", "Li"],
    ["006A3", "001A1", "300", "2026-06-11", "closed won ", "Wang"],
    ["006A4", "001A3", "9900", "2026-06-30", "Negotiation/Review", "Wang"],
]
CASES = [
    ["Case Number", "Account ID", "Date/Time Opened", "Date/Time Closed", "Case Reason", "Case Origin", "Status"],
    ["00001", "001A1", "2026-05-05 10:00", "2026-05-07 09:00", "Quality", "Phone", "Closed"],
    ["00002", "001A3", "2026-06-05 10:00", "", "Delivery", "Email", "Working"],
]


def written(path: Path, rows: list[list[str]]) -> Path:
    """Write rows as a CSV file."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as opened:
        csv.writer(opened).writerows(rows)
    return path


def book_of(folder: Path, **files: list[list[str]]) -> Path:
    """A new workbook over a folder of exports."""
    for name, rows in files.items():
        written(folder / "exports" / f"{name}.csv", rows)
    make_book(folder / "book.xlsx", "en", folder / "exports")
    return folder / "book.xlsx"


def codes(made) -> list[str]:
    """Codes of the findings."""
    return [each.code for each in made.findings]


@pytest.mark.parametrize("name", built_in())
def test_our_profiles_name_only_what_exists(name: str) -> None:
    """Every profile of ours can be read: its sheets, fields and values are those of the contracts."""
    profile = find_profile(name, Path(), departments())
    assert set(profile.sheets) >= {"Orders", "Customers"}
    assert profile.zh
    assert profile.en


def test_salesforce_deals_that_were_not_won_are_no_orders(tmp_path: Path) -> None:
    """`new --from` sees a Salesforce export; only closed-won rows count, the others are counted by their stage (W383)."""
    book = book_of(tmp_path, deals=DEALS, cases=CASES)
    made = refresh(book, dry_run=True, today=TODAY)
    orders = made.sheets["Orders"]
    assert orders.frame["order_id"].tolist() == ["006A1", "006A3"]
    assert orders.frame["amount"].tolist() == [1200.0, 300.0]
    assert orders.left_out == {"not counted: Stage": 2}
    told = next(each for each in made.findings if each.code == "W383")
    assert told.count == 2
    assert told.found == "Closed Lost, Negotiation/Review"
    assert told.cell == "E3"
    cases = made.sheets["Complaints"].frame
    assert cases["status"].tolist() == ["closed", "pending"]
    assert cases["channel"].tolist() == ["phone", "email"]
    assert not [code for code in codes(made) if code.startswith("E")]


def test_without_the_stage_nothing_counts(tmp_path: Path) -> None:
    """Where the column that tells won from lost is not there, the sheet is not used, and the finding names the column (E382)."""
    book = book_of(tmp_path, deals=DEALS)
    written(tmp_path / "exports" / "deals.csv", [[row[0], row[1], row[2], row[3]] for row in DEALS])
    made = refresh(book, dry_run=True, today=TODAY)
    assert [(each.found, each.cell) for each in made.findings if each.code == "E382"] == [("Stage", "1:1")]
    assert made.sheets["Orders"].blocked
    assert not made.computed


def test_zoho_and_fxiaoke_exports_are_seen(tmp_path: Path) -> None:
    """Zoho's deals and the orders of 纷享销客 are recognised, entered in Sources with their profile, and read."""
    zoho = [["Record Id", "Deal Name", "Account Name", "Amount", "Closing Date", "Stage", "Lead Source", "Created Time"],
            ["zcrm_1", "Vase", "Anna Ltd", "500", "2026-04-02", "Closed Won", "Web", "2026-03-01 09:00"],
            ["zcrm_2", "Bowl", "Bell Ltd", "700", "2026-04-09", "Qualification", "Web", "2026-03-02 09:00"]]  # fmt: skip
    made = (
        refresh(book_of(tmp_path / "z", deals=zoho), dry_run=True, today=TODAY)
        if (tmp_path / "z").mkdir() is None
        else None
    )
    assert made.sheets["Orders"].frame["customer_id"].tolist() == ["ANNA LTD"]
    fx = [["销售订单编号", "客户编号", "客户名称", "下单日期", "销售订单金额(元)", "负责人", "省", "市"],
          ["SO-1", "KH01", "甲公司", "2026-04-02", "1,500.00", "李", "江苏", "南京"],
          ["SO-2", "KH02", "乙公司", "2026-05-02", "2,500.00", "王", "浙江", "杭州"]]  # fmt: skip
    (tmp_path / "f").mkdir()
    made = refresh(book_of(tmp_path / "f", orders=fx), dry_run=True, today=TODAY)
    assert made.sheets["Orders"].frame["amount"].sum() == 4000
    assert made.inputs.sources["Orders"][0].profile is not None
    assert "W206" not in codes(made)


def test_a_profile_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of ours, edited without code and named in Sources, decides: here a second stage counts as well."""
    book = book_of(tmp_path, deals=DEALS)
    mine = tmp_path / "mine.toml"
    assert main(["profiles", "salesforce", "--out", str(mine)]) == 0
    assert main(["profiles", "salesforce", "--out", str(mine)]) != 0  # never over a file that is there
    mine.write_text(mine.read_text("utf-8").replace('["Closed Won"]', '["Closed Won", "Negotiation/Review"]'), "utf-8")
    named(book, "mine.toml")
    first = refresh(book, today=TODAY)
    assert first.sheets["Orders"].frame["amount"].sum() == 1200 + 300 + 9900
    assert refresh(book, today=TODAY).up_to_date
    mine.write_text(mine.read_text("utf-8").replace(', "Negotiation/Review"', ""), "utf-8")
    assert refresh(book, today=TODAY).sheets["Orders"].frame["amount"].sum() == 1500  # an edited profile is a change


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "salesfroce"),
        ("[Orders.headers]\n'Amount' = 'amuont'\n", "amuont"),
        ("[Order.headers]\n", "Order"),
        ("[Orders.values.order_type]\n'x' = 'sold'\n", "sold"),
        ("not toml", "read"),
    ],
)
def test_a_faulty_profile_is_told(tmp_path: Path, text: str | None, says: str) -> None:
    """A profile that is not there, or says what cannot be, is E381 at its cell in Sources; the sheet's KPIs are withheld."""
    book = book_of(tmp_path, deals=DEALS)
    if text is not None:
        (tmp_path / "mine.toml").write_text(text, "utf-8")
    named(book, "mine.toml" if text is not None else "salesfroce")
    made = refresh(book, dry_run=True, today=TODAY)
    told = next(each for each in made.findings if each.code == "E381")
    assert told.sheet == "Sources"
    assert told.cell == "G2"
    assert says in dict(told.detail)["en"]
    assert not made.computed


def test_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`profiles` lists them, `profiles 纷享销客` prints one, a misspelt name is refused."""
    assert main(["profiles"]) == 0
    assert all(name in capsys.readouterr().out for name in built_in()[:1])
    assert main(["profiles", "纷享销客"]) == 0
    assert "销售订单编号" in capsys.readouterr().out
    with pytest.raises(UsageError):
        find_profile("nobody", Path(), departments())
    assert main(["profiles", "nobody"]) == 2


def named(book: Path, profile: str) -> None:
    """Name a profile in the first row of Sources."""
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.contracts.control import SOURCES

    patch = Patch(book)
    patch.put("Sources", 2, SOURCES.names.index("profile") + 1, profile)
    patch.save(book.with_name("named.xlsx"))
    book.with_name("named.xlsx").replace(book)
