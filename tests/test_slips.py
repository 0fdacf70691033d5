"""Return slips: every department gets its own findings, the most rewarding first, and nothing of anybody else."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import catalogue, cli, refresh
from loyalty_xl.contracts import everything
from loyalty_xl.errors import UsageError
from loyalty_xl.findings import cause, entries, example, title
from loyalty_xl.inputs import gather
from loyalty_xl.own_folder import safe_name
from loyalty_xl.pipeline import Refresh, check
from loyalty_xl.publish import slip_rows
from loyalty_xl.publish.senders import FINANCE, Senders, known
from loyalty_xl.publish.slip_file import TEXT_LINES
from loyalty_xl.publish.slips import Slip, slips
from loyalty_xl.sample import small_company
from loyalty_xl.slip_folder import ABOUT, Written, write_slips
from loyalty_xl.vocabulary import Finding, Reason
from tests.conftest import TODAY
from tests.contracts.made_sheets import sheet_of

ROOT = Path(__file__).resolve().parent.parent
DEPT = {contract.name: contract.dept for contract in everything()}
PLANTED = {  # file -> cells to overwrite, rows to add; what stands in quotes must not leave its department
    "Orders": ({"H2": "=1+1analytics", "H3": "about 40", "D4": "@analytics"}, []),
    "Customers": ({"E5": "+cmd|'/c calc'!A1 analytics"}, ["C01,Somebody Else,SOUTH,Gold,2025-01-01,active,"]),
    "Complaints": ({"C2": "=2+2service", "L3": "Mr Wang 13800138000"}, []),
    "SurveyResponses": ({"G2": "@SUM(marketing)", "C3": "I01"}, []),
    "SalesCosts": ({"C2": "-3+sales", "C5": "ask Mr Lee, lee@shop.example"}, []),
}
REFERRALS = """referral_id,referrer_id,referee_id,referee_name,referred_on,status
RF1,C01,C09,Customer Nine,2025-11-30,joined
RF2,C02,C02,Customer Two,2025-12-01,joined
"""
FIRST_ORDER = "2025-10-01"  # first order of C09, which only Orders holds: W331 of Referrals speaks of it


def planted(folder: Path) -> dict[str, str]:
    """The small company's files with a fault in a sheet of each department: sheet -> file."""
    sources = {}
    for file in small_company(folder):
        if file.stem not in {*PLANTED, "SurveyInvitations", "Products", "Regions", "ShareOfWallet"}:
            continue
        cells, more = PLANTED.get(file.stem, ({}, []))
        rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        for ref, value in cells.items():
            rows[int(ref[1:]) - 1][ord(ref[0]) - ord("A")] = value
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([*rows, *(line.split(",") for line in more)])
        sources[file.stem] = str(file)
    (folder / "Referrals.csv").write_text(REFERRALS, encoding="utf-8")
    return sources | {"Referrals": str(folder / "Referrals.csv")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """A company in which every department has a fault."""
    folder = tmp_path_factory.mktemp("slips")
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Scorecard"  # enough of ours, and quickly read
    book.save(folder / "book.xlsx")
    settings = {"cycle_type": "year", "nps_promoter_min": "nine"}
    return refresh(
        folder / "book.xlsx",
        sources=planted(folder / "files"),
        settings=settings,
        period="2025",
        today=TODAY,
        dry_run=True,
    )


@pytest.fixture(scope="module")
def written(made: Refresh, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Its slips, in English."""
    return write_slips(made, tmp_path_factory.mktemp("written"), "en")


def cells_of(book: Path) -> list[list[str]]:
    """The cells of all sheets of a workbook, row by row, as a reader without any add-in sees them."""
    opened = CalamineWorkbook.from_path(book)
    return [
        [str(cell) for cell in row] for name in opened.sheet_names for row in opened.get_sheet_by_name(name).to_python()
    ]


def said_by(book: Path) -> list[list[str]]:
    """The rows of a slip that are about the department's own cells: file, sheet, cell, column, found, expected."""
    return [row[:6] for row in cells_of(book) if len(row) == 8 and row[0].endswith((".csv", ".xlsx")) and row[2]]


def test_each_slip_holds_only_its_own_faults(made: Refresh, written: Written) -> None:
    """Every planted value stands in the slip of its department and in no cell or line of another; files neither."""
    planted_in: dict[str, set[str]] = {}
    for sheet, (cells, _) in PLANTED.items():
        planted_in.setdefault(DEPT[sheet], set()).update(
            text for text in cells.values() if re.search("analytics|service|marketing|sales", text)
        )
    assert set(written.files) == {"analytics", "sales", "marketing", "service", FINANCE}
    for dept, (book, text) in written.files.items():
        everything_said = "\n".join([*("\t".join(row) for row in cells_of(book)), text.read_text(encoding="utf-8")])
        for owner, values in planted_in.items():
            assert {value for value in values if value in everything_said} == (values if owner == dept else set())
        files = {name for name in made.sheets if f"{name}.csv" in everything_said}
        assert files == ({name for name in made.sheets if DEPT[name] == dept} if dept != FINANCE else set())


def test_nothing_told_was_sent_by_another_department(made: Refresh, written: Written) -> None:
    """Whatever a slip quotes as found or expected stands in a sheet of its department, or in no sheet at all."""
    held: dict[str, set[str]] = {}
    for sheet, sources in made.inputs.sources.items():
        held.setdefault(DEPT[sheet], set()).update(sources[0].raw.strings)
        dates = made.sheets[sheet].frame.select_dtypes("datetime")
        held[DEPT[sheet]] |= {str(day)[:10] for name in dates for day in dates[name].dropna()}
    assert FIRST_ORDER in held["analytics"] - held["marketing"]  # what W331 knows from Orders
    for dept, (book, _) in written.files.items():
        rows = said_by(book)
        assert rows
        others = set().union(*(texts for owner, texts in held.items() if owner != dept)) - held.get(dept, set())
        quoted = {part for row in rows for text in row[4:] for part in (text, *text.split(" / "), *text.split(", "))}
        assert not quoted & others


@pytest.mark.parametrize("code", ["W331", "E263"])
def test_value_of_another_sheet_is_said_as_a_rule(made: Refresh, code: str) -> None:
    """What a finding knows from a sheet of another department is told as a rule; from the department's own, as it is."""
    [finding] = [each for each in made.findings if each.code == code]
    senders = Senders(made)
    dept, sheet = senders.owner(finding)
    told = slip_rows.told(finding, senders, sheet, dept, "book.xlsx", "en")
    if code == "W331":
        assert (told.found, told.expected) == ("2025-11-30", "before the first order")
        as_analytics = slip_rows.told(finding, senders, sheet, "analytics", "book.xlsx", "en")
        assert as_analytics.expected == FIRST_ORDER
    else:
        assert (told.found, told.expected) == ("I01", "C01")


def test_persons_are_masked(written: Written) -> None:
    """Names, telephones and addresses in found values are masked, also in the slip of their own department."""
    said = "\n".join(text.read_text(encoding="utf-8") for _, text in written.files.values())
    said += str([cells_of(book) for book, _ in written.files.values()])
    for name in ("Wang", "13800138000", "lee@shop.example", "Mr Lee", "Customer One", "Somebody Else"):
        assert name not in said
    assert "Mr ***" in said


def test_value_of_a_personal_column_is_masked(made: Refresh) -> None:
    """What stands in a column of names, or in one that no one knows, is masked; an error value of a formula is not."""
    senders = Senders(made)

    def found(column: str, text: str, code: str = "W234") -> str:
        finding = Finding(code, "[Customers.csv]Customers", "B3", text, column=column)
        return slip_rows.told(finding, senders, "Customers", "analytics", "book.xlsx", "zh").found

    assert found("name", "王小明") == "***"
    assert found("联系人", "王小明") == "***"
    assert found("name", "#REF!", "E228") == "#REF!"
    assert found("tier", "金牌") == "金牌"
    assert found("", "王小明 小计", "W208") == ""


def test_texts_like_formulas_stay_texts(written: Written) -> None:
    """What begins like a formula is a text in the slip, for both readers."""
    cells: dict[str, str] = {}
    for book, _ in written.files.values():
        for sheet in openpyxl.load_workbook(book):
            cells |= {str(cell.value): cell.data_type for row in sheet for cell in row if cell.value is not None}
        assert b"<f>" not in b"".join(parts(book))
    for text in (
        "=1+1analytics",
        "@analytics",
        "+cmd|'/c calc'!A1 analytics",
        "=2+2service",
        "@SUM(marketing)",
        "-3+sales",
    ):
        assert cells[text] == "s"
        assert any(text in row for book, _ in written.files.values() for row in cells_of(book))


def parts(book: Path) -> Iterator[bytes]:
    """The worksheets of a workbook, as XML."""
    with zipfile.ZipFile(book) as package:
        yield from (package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/"))


def test_slip_explains_itself(written: Written) -> None:
    """Each code stands with title, cause, repair, example and the KPIs that wait for it; the summary names files and rows."""
    slip = next(each for each in written.slips if each.dept == "service")
    said = [cell for row in cells_of(written.files["service"][0]) for cell in row]
    assert [group.code for group in slip.groups] == ["E203"]
    assert any(cell.startswith(f"1. {title('E203', 'en')}") for cell in said)
    for text in (cause("E203", "en"), example("E203", "en"), "leave the cell blank"):
        assert any(text in cell for cell in said)
    waits = next(cell for cell in said if cell.startswith("KPIs that wait for it: "))
    assert catalogue.KPIS["complaint_rate"].label("en") in waits
    assert {"Complaints.csv", "5.0"} <= set(said)  # five complaints were received


def test_kpis_that_wait_are_those_withheld(made: Refresh, written: Written) -> None:
    """The lines a slip names are withheld on the Scorecard, for a sheet of that department; each withheld line is named."""
    withheld = {
        line.kpi.label("en"): {part.split(".")[0] for part in line.result.note.split(", ")}
        for line in made.lines
        if line.result.reason is Reason.BLOCKED
    }
    assert withheld
    for slip in written.slips:
        assert set(slip.lines) <= {
            name for name, sheets in withheld.items() if slip.dept in {DEPT[each] for each in sheets}
        }
    assert {name for slip in written.slips for name in slip.lines} == set(withheld)


def test_most_rewarding_first(made: Refresh) -> None:
    """Rules come in the order of Scorecard lines that wait, KPIs that wait, errors before warnings."""
    found, _ = slips(made, "en")
    on_scorecard = {line.kpi.label("en") for line in made.lines}
    for slip in found:
        gains = [
            (-len(on_scorecard & {*group.waiting}), -len(group.waiting), not group.is_error) for group in slip.groups
        ]
        assert gains == sorted(gains)
    assert [group.code for group in next(each for each in found if each.dept == "marketing").groups][:2] == [
        "E203",
        "E263",
    ]


def test_text_is_short_and_begins_with_the_message(made: Refresh, tmp_path: Path) -> None:
    """The text begins with whose data, how many faults; thirty lines at most in each language, and says what is left out."""
    finding = next(each for each in made.findings if each.code == "E203" and "Complaints" in each.sheet)
    codes = [code for code in entries() if code.startswith("W2")][:25]
    many = replace(made, findings=[finding, *(replace(finding, code=code) for code in codes)])
    written = write_slips(many, tmp_path, "both")
    zh, en = written.files["service"][1].read_text(encoding="utf-8").strip().split("\n\n")
    assert zh.startswith("客户服务部 2025 的数据有 1 个错误要改")
    assert en.startswith("Customer service 2025: errors to repair: 1")
    for text, last in ((zh, "另有 "), (en, "and ")):
        assert len(text.splitlines()) <= TEXT_LINES
        assert text.splitlines()[-1].startswith(last)
        assert written.files["service"][0].name in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("language", "name", "says"),
    [("zh", "退回单_客户服务部_2025", "应该是"), ("en", "return-slip_customer-service_2025", "Expected"), ("both", "退回单_客户服务部_2025", "应该是 Expected")],
)  # fmt: skip
def test_languages(made: Refresh, tmp_path: Path, language: str, name: str, says: str) -> None:
    """File names, headers and texts are in the language that is asked for."""
    written = write_slips(made, tmp_path, language)
    book, text = written.files["service"]
    assert (book.name, text.name) == (f"{name}.xlsx", f"{name}.txt")
    said = [cell for row in cells_of(book) for cell in row]
    assert says in said
    assert ("Expected" in said, "应该是" in said) == (language == "en", language == "zh")


def test_same_findings_same_bytes_and_nothing_written_twice(made: Refresh, tmp_path: Path) -> None:
    """Two runs give the same bytes; a second run into the same folder leaves the files as they are."""
    one, two = (write_slips(made, tmp_path / name, "zh") for name in ("one", "two"))
    for dept, files in one.files.items():
        for mine, other in zip(files, two.files[dept], strict=True):
            assert mine.read_bytes() == other.read_bytes()
    before = {path: path.stat().st_mtime_ns for files in one.files.values() for path in files}
    write_slips(made, tmp_path / "one", "zh")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not (tmp_path / "one" / ".loyalty_backups").exists()


def test_answers_typed_in_are_kept(made: Refresh, tmp_path: Path) -> None:
    """A slip in which somebody wrote is replaced, and what was written is among the backups."""
    book = write_slips(made, tmp_path, "zh").files["service"][0]
    first = book.read_bytes()
    filled = openpyxl.load_workbook(book)
    filled["问题"]["H8"] = "已改"
    filled.save(book)
    answered = book.read_bytes()
    write_slips(made, tmp_path, "zh")
    assert book.read_bytes() == first
    assert [each.read_bytes() for each in (tmp_path / ".loyalty_backups" / book.name).iterdir()] == [answered]


def test_department_with_nothing_to_repair_gets_no_slip(made: Refresh, tmp_path: Path) -> None:
    """Without findings there is no slip, the department is named, and its slip of before is taken away."""
    old = write_slips(made, tmp_path, "zh").files["service"]
    kept = tmp_path / "mine.txt"
    kept.write_text("mine", encoding="utf-8")
    rest = [each for each in made.findings if "Complaints" not in each.sheet]
    written = write_slips(replace(made, findings=rest), tmp_path, "zh")
    assert "service" not in written.files
    assert written.clean == ["service"]
    assert written.removed == sorted(old)
    assert not any(path.exists() for path in old)
    assert kept.read_text(encoding="utf-8") == "mine"


def test_slip_that_somebody_answered_is_not_taken_away(made: Refresh, tmp_path: Path) -> None:
    """When nothing is left to repair, a slip with answers stays."""
    _, text = write_slips(made, tmp_path, "zh").files["service"]
    text.write_text("answered", encoding="utf-8")
    rest = [each for each in made.findings if "Complaints" not in each.sheet]
    write_slips(replace(made, findings=rest), tmp_path, "zh")
    assert text.read_text(encoding="utf-8") == "answered"


def test_file_of_somebody_else_is_not_replaced(made: Refresh, tmp_path: Path) -> None:
    """A file of the name of a slip that is none of ours stops the command before anything is written."""
    mine = tmp_path / "return-slip_marketing_2025.txt"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=mine.name):
        write_slips(made, tmp_path, "en")
    assert [each.name for each in tmp_path.iterdir()] == [mine.name]
    assert mine.read_text(encoding="utf-8") == "mine"


def test_every_rule_between_sheets_is_judged() -> None:
    """Each code that a rule between sheets can report is either listed with the sheet it quotes, or known to quote none."""
    own = {
        *("W239", "E240", "W241", "E242", "E243", "E246", "W249", "W261", "E262", "W265", "W266", "E267", "W268", "W269"),
        *("W270", "W271", "W272", "E273", "E310", "W311", "E320", "E321", "W323", "W325", "E334", "W337", "W338", "E340"),
        *("W341", "W344", "E345", "E346", "E347", "W349", "E350", "W351", "W352", "E354", "W355", "E356", "W360", "W361"),
        *("W362", "W363", "W365", "E203", "W291", "W293", "E294"),
    }  # fmt: skip
    folder = ROOT / "loyalty_xl" / "contracts"
    files = [*folder.glob("between*.py"), folder / "currencies.py", folder / "uniting.py"]
    reported = {code for file in files for code in re.findall(r'"([EW]\d{3})"', file.read_text(encoding="utf-8"))}
    assert reported - own == set(slip_rows.QUOTED)
    assert not own & set(slip_rows.QUOTED)


def test_sources_and_deliveries_name_the_department(made: Refresh) -> None:
    """A department named in Sources or Deliveries goes before the sheet's own; names of ours are known in both languages."""
    assert [known(name) for name in ("客服部", "Customer service", "service", "财务部", "直播部")] == [
        "service", "service", "service", FINANCE, "直播部",
    ]  # fmt: skip
    sources = {
        name: tuple(replace(each, dept="直播部") for each in some) if name == "Complaints" else some
        for name, some in made.inputs.sources.items()
    }
    found, _ = slips(replace(made, inputs=replace(made.inputs, sources=sources)), "zh")
    assert [slip.dept for slip in found] == ["analytics", "sales", "marketing", "直播部", FINANCE]


def test_branches_that_send_a_file_each_see_their_own(made: Refresh, tmp_path: Path) -> None:
    """Files of one sheet go back to whoever Sources names for them; that they overlap is for finance, who names both."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Scorecard"
    sheet = book.create_sheet("Sources")
    sheet.append(["sheet", "file", "dept"])
    header = "order_id,line_no,customer_id,order_date,amount"
    for branch, rows in (("east", ["E1,1,C1,2025-01-03,10", "E2,1,C2,2025-01-09,ten east"]), ("south", ["S1,1,C3,2025-01-20,30", "S2,1,C4,2025-01-30,six south"])):  # fmt: skip
        (tmp_path / f"{branch}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        sheet.append(["订单", f"{branch}.csv", f"{branch} branch"])
    book.save(tmp_path / "book.xlsx")
    inputs = gather(tmp_path / "book.xlsx", today=TODAY)
    sheets, findings = check(inputs, TODAY)
    found, _ = slips(replace(made, inputs=inputs, sheets=sheets, findings=findings), "en")
    by_dept = {slip.dept: slip for slip in found}
    assert set(by_dept) == {"east branch", "south branch", FINANCE}
    assert [group.code for group in by_dept[FINANCE].groups] == ["E240"]
    for branch, other in (("east", "south"), ("south", "east")):
        rows_told = rows_of(by_dept, f"{branch} branch")
        assert branch in str(rows_told)
        assert other not in str([rows_told, by_dept[f"{branch} branch"].sent])


def test_due_day_of_deliveries(made: Refresh, tmp_path: Path) -> None:
    """Deliveries names the department of a sheet, and the day on which it is due for the period: that stands in its slip."""
    deliveries = next(each for each in everything() if each.name == "Deliveries")
    rows = [
        {"dept": "客服部", "sheet": "投诉", "period": "2025", "due": "2026-01-08"},
        {"sheet": "Complaints", "period": "2024", "due": "2025-01-08"},
        {"dept": "门店", "sheet": "Orders", "period": "2025", "due": "2026-01-05"},
    ]
    control = made.inputs.control | {"Deliveries": sheet_of(deliveries, rows)}
    with_due = replace(made, inputs=replace(made.inputs, control=control))
    written = write_slips(with_due, tmp_path, "zh")
    assert {slip.dept: str(slip.due) for slip in written.slips if slip.due} == {
        "service": "2026-01-08",
        "门店": "2026-01-05",
    }
    assert written.files["门店"][0].name == "退回单_门店_2025.xlsx"
    assert written.files["service"][1].read_text(encoding="utf-8").splitlines()[0].endswith("请在 2026-01-08 前办好。")
    assert "2026-01-08" in [cell for row in cells_of(written.files["service"][0]) for cell in row]


def test_file_of_two_departments_goes_to_finance(made: Refresh) -> None:
    """What two departments may have sent is shown to neither of them."""
    sources = dict(made.inputs.sources)
    title_of_orders = sources["Orders"][0].title
    sources["Complaints"] = tuple(replace(each, title=title_of_orders) for each in sources["Complaints"])
    sheets = made.sheets | {"Complaints": replace(made.sheets["Complaints"], title=title_of_orders)}
    found, _ = slips(replace(made, inputs=replace(made.inputs, sources=sources), sheets=sheets), "zh")
    by_dept = {slip.dept: slip for slip in found}
    assert not any(row.file == "Orders.csv" for row in rows_of(by_dept, "analytics", "service"))
    assert any(row.file == "Orders.csv" for row in rows_of(by_dept, FINANCE))


def rows_of(by_dept: dict[str, Slip], *depts: str) -> list[slip_rows.Told]:
    """Rows of the slips of some departments."""
    return [row for dept in depts if dept in by_dept for group in by_dept[dept].groups for row in group.rows]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("客户/服务:部", "客户-服务-部"),
        ("..", "-"),
        ("con", "con-"),
        ("a\nb", "a-b"),
        ("x" * 99, "x" * 60),
        ("=1+1", "=1+1"),
    ],
)
def test_file_names_are_safe(name: str, expected: str) -> None:
    """Whatever a department is called, its slip has a name that every system takes."""
    assert safe_name(name) == expected


def test_files_of_one_name_keep_their_departments(made: Refresh, tmp_path: Path) -> None:
    """Two departments that each send a data.csv are told apart, and each has its findings."""
    given = {}
    for name in ("Orders", "Complaints"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(Path(made.book).parent / "files" / f"{name}.csv", folder / "data.csv")
        given[name] = str(folder / "data.csv")
    inputs = gather(made.book, sources=given, today=TODAY)
    sheets, findings = check(inputs, TODAY)
    assert len({sheet.title for sheet in sheets.values()}) == 2
    found, _ = slips(replace(made, inputs=inputs, sheets=sheets, findings=findings), "en")
    assert {slip.dept for slip in found} == {"analytics", "service"}
    for slip in found:
        assert [each.dept for each in slip.sent] == [slip.dept]


def test_file_that_cannot_be_read_goes_back_to_its_department(made: Refresh, tmp_path: Path) -> None:
    """An empty file is a fault of whoever sent it: named among the files received, and all KPIs of the sheet wait for it."""
    empty = tmp_path / "complaints_07.xlsx"
    empty.touch()
    inputs = gather(made.book, sources={"Complaints": str(empty)}, today=TODAY)
    sheets, findings = check(inputs, TODAY)
    nothing = replace(made, inputs=inputs, sheets=sheets, findings=findings, period=None, results=[], lines=[])
    written = write_slips(nothing, tmp_path / "out", "en")
    [slip] = written.slips
    assert (slip.dept, [group.code for group in slip.groups], slip.period) == ("service", ["E101"], "")
    assert catalogue.KPIS["complaint_rate"].label("en") in slip.waiting
    assert any({"complaints_07.xlsx", "cannot be read"} <= set(row) for row in cells_of(written.files["service"][0]))


def test_command(
    made: Refresh, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check --slips DIR` says who has what to repair; with --json it lists the files written."""
    monkeypatch.setattr(cli, "_run", lambda *_, **__: replace(made, findings=list(made.findings)))
    arguments = ["check", str(made.book), "--slips", str(tmp_path)]
    assert cli.main([*arguments, "--json", "--lang", "zh"]) == 1
    said = json.loads(capsys.readouterr().out)["slips"]
    assert sorted(said["written_to"]) == sorted(str(each) for each in tmp_path.iterdir() if each.name != ABOUT)
    monkeypatch.setattr(
        cli, "_run", lambda *_, **__: replace(made, findings=[each for each in made.findings if "Orders" in each.sheet])
    )
    assert cli.main([*arguments, "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert "Marketing: nothing to repair" in out
    assert "Data analytics: errors to repair: 3" in out


def test_faults_of_the_sample_company_lie_with_their_departments(computed_demo: Refresh, tmp_path: Path) -> None:
    """Each slip of the sample company speaks of its department's own file only."""
    written = write_slips(computed_demo, tmp_path, "zh")
    named = {"marketing": "市场部_marketing.xlsx", "service": "客服部_complaints.xlsx", "analytics": "analytics_orders.csv", "sales": "sales_reference.xlsx"}  # fmt: skip
    said = {dept: {row[0] for row in said_by(files[0])} for dept, files in written.files.items()}
    assert said == {dept: {file} for dept, file in named.items()}
