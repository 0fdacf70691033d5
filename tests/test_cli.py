"""The command line: what each command prints, writes and gives back as exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import __version__, catalogue, cli, demo, findings, library, newbook, pipeline
from loyalty_xl.books.saving import newest_backups
from loyalty_xl.errors import UsageError
from loyalty_xl.sample import small_company
from loyalty_xl.scoring import SCORES
from tests.conftest import small_book

Output = pytest.CaptureFixture[str]
RESULT = {
    "kpi", "dimension", "cycle", "period", "segment_dim", "segment", "window", "value", "reason", "numerator",
    "denominator", "n", "low", "high", "flags", "value_without_imputed", "imputed_share",
}  # fmt: skip
LINE = {
    "kpi", "period", "segment_dim", "segment", "actual", "reason", "target", "attainment", "variance", "ytd",
    "previous", "same_period_last_year", "trend", "status", "weight", "window", "n", "flags",
}  # fmt: skip
DOCUMENT = {"period", "as_of", "results", "scorecard", "tables", "findings", "run_log", "written_to", "seconds"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three sheets of the small company and a workbook that knows them, never refreshed."""
    folder = tmp_path_factory.mktemp("cli")
    small_book(folder, "Orders", "Regions", "SurveyResponses")
    return folder


@pytest.fixture(scope="module")
def made_filled(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """The same, refreshed by another process: its folder, the JSON it printed, and what it said beside it."""
    folder = tmp_path_factory.mktemp("cli_filled") / "company"
    shutil.copytree(made, folder)
    command = [
        sys.executable,
        "-m",
        "loyalty_xl.cli",
        "refresh",
        "book.xlsx",
        "--json",
        "--by",
        "Ann",
        "--period",
        "2026-Q1",
        "--set",
        "cycle_type=quarter",
    ]
    run = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, env=os.environ | {"PYTHONWARNINGS": "error"}
    )
    assert run.returncode == 0, run.stderr
    return folder, json.loads(run.stdout.decode("utf-8")), run.stderr.decode("utf-8")


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Path:
    """A workbook of one's own, never refreshed."""
    shutil.copytree(made, tmp_path / "company")
    return tmp_path / "company" / "book.xlsx"


@pytest.fixture
def filled(made_filled: tuple[Path, dict[str, Any], str], tmp_path: Path) -> Path:
    """A workbook of one's own that was refreshed once."""
    shutil.copytree(made_filled[0], tmp_path / "company")
    return tmp_path / "company" / "book.xlsx"


def run(*arguments: object) -> int:
    """Run a command in this process."""
    return cli.main([str(each) for each in arguments])


def document(capsys: Output) -> Any:
    """The one JSON document on standard output."""
    return json.loads(capsys.readouterr().out)


# ---- the JSON document


def test_document_has_its_keys(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """`refresh --json` prints one document with the promised keys, and nothing else anywhere."""
    folder, found, said = made_filled
    assert set(found) >= DOCUMENT
    assert (found["period"], found["as_of"]) == ("2026-Q1", "2026-04-01")
    assert Path(folder / found["written_to"]).samefile(folder / "book.xlsx")
    assert said == ""
    assert all(set(each) >= RESULT for each in found["results"])
    assert all(set(each) >= LINE for each in found["scorecard"])
    assert {line["kpi"] for line in found["scorecard"]} >= {"nps", "retention_rate", "average_spend"}
    assert set(found["tables"]) == set(catalogue.LISTINGS)
    assert found["seconds"]["total"] > 0


def test_value_is_null_exactly_when_there_is_a_reason(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """Every result has a number or a reason, never both, and never neither."""
    _, found, _ = made_filled
    assert all((each["value"] is None) == (each["reason"] is not None) for each in found["results"])
    assert all((each["actual"] is None) == (each["reason"] is not None) for each in found["scorecard"])
    assert {each["value"] is None for each in found["results"]} == {True, False}


def test_results_are_sorted(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """Results come by KPI, kind of segment, segment and first day of the period."""
    _, found, _ = made_filled
    starts = {"all": "2025-01-01"} | {
        f"{year}-Q{quarter}": f"{year}-{3 * quarter - 2:02d}-01" for year in (2025, 2026) for quarter in (1, 2, 3, 4)
    }
    keys = [(each["kpi"], each["segment_dim"], each["segment"], starts[each["period"]]) for each in found["results"]]
    assert keys == sorted(keys)


def test_all_once_per_kpi_and_period(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """Each KPI has one result for All in every period, and no result comes twice."""
    _, found, _ = made_filled
    whole = Counter((each["kpi"], each["period"]) for each in found["results"] if each["segment_dim"] == "all")
    assert set(whole.values()) == {1}
    periods = {period for _, period in whole}
    assert periods == {"2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "all"}
    assert {kpi for kpi, _ in whole} == set(library.load())
    assert len(whole) == len(periods) * len(library.load())
    ids = Counter((each["kpi"], each["period"], each["segment_dim"], each["segment"]) for each in found["results"])
    assert set(ids.values()) == {1}
    assert {each["segment"] for each in found["results"] if each["segment_dim"] == "region"} >= {"NORTH", "SOUTH"}


def test_findings_and_log_of_the_document(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """Findings name code, severity, sheet, cell, count and advice; the run log holds period, source files and overrides."""
    _, found, _ = made_filled
    assert found["findings"]
    for each in found["findings"]:
        assert {"code", "severity", "sheet", "cell", "count", "found", "expected", "advice"} <= set(each)
        assert each["severity"] == {"E": "error", "W": "warning"}[each["code"][0]]
        assert each["advice"]
    log = found["run_log"]
    assert log["run"]["period"] == "2026-Q1"
    assert log["run"]["version"] == __version__
    assert log["override"]["--set cycle_type"] == "quarter"
    assert log["source"]["Orders"][0] == "[Orders.csv]Orders"


def test_refreshed_by(made_filled: tuple[Path, dict[str, Any], str]) -> None:
    """--by is the name on the Scorecard."""
    rows = CalamineWorkbook.from_path(str(made_filled[0] / "book.xlsx")).get_sheet_by_name("Scorecard").to_python()
    assert any("Ann" in row for row in rows[:15])


# ---- refresh and check


def test_refresh_says_what_it_did(filled: Path, capsys: Output) -> None:
    """A refresh with nothing to do says so in the language asked for, and ends with 0."""
    before = filled.read_bytes()
    assert run("refresh", filled, "--period", "2026-Q1", "--set", "cycle_type=quarter") == 0
    said = capsys.readouterr()
    assert "Up to date" in said.out
    assert "2026-Q1" in said.out
    assert said.err == ""
    assert filled.read_bytes() == before


@pytest.mark.parametrize(
    ("language", "has", "has_not"),
    [
        ("zh", "净推荐值", "Net Promoter"),
        ("en", "Net Promoter Score", "净推荐值"),
        ("both", "净推荐值 Net Promoter Score", ""),
    ],
)
def test_dry_run_in_each_language(book: Path, capsys: Output, language: str, has: str, has_not: str) -> None:
    """The Scorecard is printed in the language of --lang, and a dry run writes nothing."""
    before = book.read_bytes()
    assert run("refresh", book, "--dry-run", "--lang", language, "--period", "2025", "--set", "cycle_type=year") == 0
    said = capsys.readouterr().out
    assert has in said
    assert not has_not or has_not not in said
    assert {"zh": "没有写入", "en": "nothing was written", "both": "没有写入"}[language] in said
    assert book.read_bytes() == before


def test_source_and_set_and_as_of_and_out(
    book: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--source, --set, --as-of and --period decide for one run, --out names the copy; the workbook stays as it was."""
    (tmp_path / "mine.csv").write_text(
        "order_id,customer_id,order_date,amount\nA,C1,2026-01-05,10\nB,C2,2026-02-06,30\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    before = book.read_bytes()
    code = run(
        "refresh",
        book,
        "--source",
        "订单=mine.csv",
        "--set",
        "cycle_type=year",
        "--as-of",
        "2026-02-01",
        "--period",
        "2026-01",
        "--out",
        tmp_path / "copy.xlsx",
        "--json",
    )
    found = document(capsys)
    assert code == 0
    assert (found["period"], found["as_of"], found["written_to"]) == (
        "2026-01",
        "2026-02-01",
        str(tmp_path / "copy.xlsx"),
    )
    (spend,) = (
        each
        for each in found["results"]
        if (each["kpi"], each["period"], each["segment_dim"]) == ("average_spend", "2026-01", "all")
    )
    assert (spend["value"], spend["n"]) == (10, 1)
    assert found["run_log"]["override"] == {"--source 订单": "mine.csv", "--set cycle_type": "year"}
    assert book.read_bytes() == before
    assert (tmp_path / "copy.xlsx").is_file()


def test_check_lists_findings_and_writes_nothing(book: Path, capsys: Output) -> None:
    """check prints each finding with code, place and advice, ends with 1 where there are errors, and writes nothing."""
    orders = book.parent / "files" / "Orders.csv"
    orders.write_text(
        orders.read_text(encoding="utf-8").replace("O01,1,C01,2025-01-01", "O01,1,C01,03/04/25"), encoding="utf-8"
    )
    before = book.read_bytes()
    assert run("check", book, "--lang", "en", "--set", "cycle_type=year") == 1
    said = capsys.readouterr().out
    assert "E222  [Orders.csv]Orders!D2" in said
    assert re.search(r"(?i)errors: 1|1 errors?", said)
    assert "→" in said
    assert run("check", book, "--json", "--set", "cycle_type=year") == 1
    found = document(capsys)
    (wrong,) = (each for each in found["findings"] if each["severity"] == "error")
    assert (wrong["code"], wrong["cell"], wrong["found"]) == ("E222", "D2", "03/04/25")
    assert found["written_to"] is None
    assert book.read_bytes() == before


def test_nothing_computed_is_3(tmp_path: Path, capsys: Output) -> None:
    """A workbook without data is left alone: exit 3, and what to do."""
    newbook.make_book(tmp_path / "empty.xlsx", "en")
    before = (tmp_path / "empty.xlsx").read_bytes()
    assert run("refresh", tmp_path / "empty.xlsx", "--lang", "en") == 3
    assert "Supply Orders first" in capsys.readouterr().out
    assert (tmp_path / "empty.xlsx").read_bytes() == before
    assert run("refresh", tmp_path / "empty.xlsx", "--json") == 3
    found = document(capsys)
    assert (found["results"], found["period"], found["written_to"]) == ([], None, None)


def test_open_workbook_is_4(book: Path, capsys: Output) -> None:
    """A workbook that somebody has open: exit 4, who has it, one JSON document, no byte changed."""
    book.with_name("~$book.xlsx").write_bytes(b"\x03Ann" + b" " * 51)
    before = book.read_bytes()
    assert run("refresh", book, "--lang", "en") == 4
    assert "Ann" in capsys.readouterr().err
    assert run("refresh", book, "--json") == 4
    found = document(capsys)
    assert (found["error"]["code"], found["written_to"]) == ("E401", None)
    assert [each["code"] for each in found["findings"]] == ["E401"]
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["refresh", "nowhere.xlsx"], "nowhere.xlsx"),
        (["refresh", "{book}", "--period", "some day"], "some day"),
        (["refresh", "{book}", "--source", "Ordres=x.csv"], "Ordres"),
        (["kpis", "npss"], "nps"),
        (["explain", "E999"], "E999"),
        (["new", "book.xls"], ".xlsx"),
        (["new", "new.xlsx", "--from", "no_such_folder"], "no_such_folder"),
    ],
)
def test_wrong_use_is_a_sentence(
    book: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    """A call that cannot work ends with 2 (3 where a file is missing) and one sentence that names what was wrong, in both languages."""
    monkeypatch.chdir(tmp_path)
    code = run(*(each.format(book=book) for each in arguments))
    said = capsys.readouterr()
    assert code == (3 if "nowhere" in says else 2)
    assert says in said.err
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said.err)
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["refresh"],
        ["refresh", "b.xlsx", "--as-of", "soon"],
        ["refresh", "b.xlsx", "--set", "nothing"],
        ["check", "b.xlsx", "--out", "c.xlsx"],
        ["demo", "--lang", "fr"],
    ],
)
def test_grammar(capsys: Output, arguments: list[str]) -> None:
    """What the grammar does not know ends with 2 and the usage line."""
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert said.err.startswith("usage: loyalty-xl")
    assert said.out == ""


def test_wrong_setting_is_a_finding(book: Path, capsys: Output) -> None:
    """--set with an unknown key is a finding that offers the nearest name."""
    assert run("check", book, "--json", "--set", "min_base_rat=5", "--set", "cycle_type=year") == 1
    (wrong,) = (each for each in document(capsys)["findings"] if each["severity"] == "error")
    assert wrong["code"] == "E301"
    assert "min_base_rate" in json.dumps(wrong)


# ---- a fault of the program


def test_our_bug_is_70(book: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program ends with 70 and a log file; the workbook keeps its bytes, and no traceback is shown."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the sum of our fears")

    monkeypatch.setattr(pipeline, "compute", broken)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = book.read_bytes()
    assert run("refresh", book) == 70
    said = capsys.readouterr()
    (log,) = tmp_path.glob("loyalty-xl-*.log")
    assert str(log) in said.err
    assert "Traceback" not in said.err
    assert "the sum of our fears" in log.read_text(encoding="utf-8")
    assert run("refresh", book, "--json") == 70
    found = document(capsys)
    assert found["error"]["code"] == "E500"
    assert Path(found["error"]["log"]).is_file()
    assert book.read_bytes() == before


# ---- new, demo, restore


def test_new_from_a_folder(tmp_path: Path, capsys: Output) -> None:
    """new --from says for each file which sheet it is, its rows and its period, and enters it in Sources."""
    files = tmp_path / "files"
    small_company(files)
    (files / "letter.csv").write_text("dear,madam\nhow,are\n", encoding="utf-8")
    (files / "photo.png").write_bytes(b"\x89PNG")
    assert run("new", tmp_path / "book.xlsx", "--from", files, "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "Orders.csv › Orders → Orders 订单, 31 rows, 2025-01 – 2026-03" in said
    assert "Customers.csv › Customers → Customers 客户, 12 rows" in said
    assert "SurveyResponses.csv › SurveyResponses → SurveyResponses 问卷回收, 10 rows, 2025-06 – 2026-03" in said
    assert "letter.csv › letter: not recognised" in said
    assert "photo.png: E109" in said
    assert f"loyalty-xl refresh {tmp_path / 'book.xlsx'}" in said
    with closing(openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True)) as opened:
        rows = opened["Sources"].iter_rows(min_row=2, values_only=True)
        entered = {row[0]: row[1] for row in rows if row[0]}
    assert entered == {file.stem: f"files/{file.name}" for file in files.glob("*.csv") if file.stem != "letter"}


def test_new_as_json(tmp_path: Path, capsys: Output) -> None:
    """new --json lists what was recognised; without a folder it lists nothing."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.csv").write_text(
        "订单号,客户编号,下单日期,实付金额,本期\nA1,C1,2026-05-04,10,x\n", encoding="utf-8"
    )
    assert run("new", tmp_path / "one.xlsx", "--json") == 0
    assert document(capsys) == {"written_to": str(tmp_path / "one.xlsx"), "sources": []}
    assert run("new", tmp_path / "two.xlsx", "--from", tmp_path / "files", "--json") == 0
    (found,) = document(capsys)["sources"]
    assert (found["sheet"], found["rows"], found["first"], found["last"], found["unknown"]) == (
        "Orders",
        1,
        "2026-05",
        "2026-05",
        ["本期"],
    )


def test_new_does_not_overwrite(book: Path, capsys: Output) -> None:
    """new leaves a file of that name as it is: exit 4."""
    before = book.read_bytes()
    assert run("new", book) == 4
    assert "E404" in capsys.readouterr().err
    assert book.read_bytes() == before


@pytest.mark.parametrize(("language", "sheet"), [("zh", "记分卡"), ("en", "Scorecard"), ("both", "Scorecard 记分卡")])
def test_new_in_each_language(tmp_path: Path, capsys: Output, language: str, sheet: str) -> None:
    """new makes the workbook in the language asked for."""
    assert run("new", tmp_path / "b.xlsx", "--lang", language) == 0
    assert sheet in CalamineWorkbook.from_path(str(tmp_path / "b.xlsx")).sheet_names
    assert ("已新建" in capsys.readouterr().out) == (language != "en")


def test_demo_makes_a_company(tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """demo makes workbook and department files, prints the Scorecard and what to do next (with a small company in place of the large one)."""
    monkeypatch.setattr(demo, "write_department_files", small_company)
    folder = tmp_path / "there"
    assert run("demo", folder, "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "Net Promoter Score" in said
    assert f"loyalty-xl check {folder / 'scorecard.xlsx'}" in said
    assert (folder / "scorecard.xlsx").is_file()
    assert (folder / "departments" / "Orders.csv").is_file()


def test_demo_does_not_overwrite(tmp_path: Path, capsys: Output) -> None:
    """demo refuses a folder that holds a demo: exit 4, every file as it was."""
    small_company(tmp_path / demo.FILES)
    newbook.make_book(tmp_path / demo.BOOK, "en")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert run("demo", tmp_path) == 4
    assert "E404" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_restore_undoes_a_refresh(filled: Path, capsys: Output) -> None:
    """restore puts the workbook of before the last refresh back, byte for byte, and a second restore undoes that."""
    shutil.rmtree(filled.parent / ".loyalty_backups")
    before = filled.read_bytes()
    assert run("refresh", filled, "--period", "2025", "--set", "cycle_type=year", "--lang", "en") == 0
    assert "Written to" in capsys.readouterr().out
    after = filled.read_bytes()
    assert after != before
    assert run("restore", filled, "--json") == 0
    kept = document(capsys)
    assert filled.read_bytes() == before
    assert Path(kept["previous"]).read_bytes() == after
    assert run("restore", filled, "--lang", "en") == 0
    assert "Put backup 2 of" in capsys.readouterr().out
    assert filled.read_bytes() == after
    assert len(newest_backups(filled)) == 1


def test_restore_without_backup(book: Path, capsys: Output) -> None:
    """restore of a workbook that was never refreshed says so: exit 4."""
    assert run("restore", book) == 4
    assert "E404" in capsys.readouterr().err


# ---- kpis and explain


def test_kpis_lists_all(capsys: Output) -> None:
    """kpis lists every KPI and table with key and name, one line each."""
    assert run("kpis", "--lang", "en") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*library.load(), *catalogue.LISTINGS, *SCORES]


@pytest.mark.parametrize("named", ["nps", "NPS", "LOYALTY_NPS", "净推荐值", "Net Promoter Score"])
def test_kpis_of_one(capsys: Output, named: str) -> None:
    """kpis KEY takes the key, the worksheet name and either label, and prints definition, formula and source."""
    assert run("kpis", named, "--lang", "en") == 0
    said = capsys.readouterr().out
    assert said.startswith("nps  (A1)  Net Promoter Score")
    for part in ("Parameters", "Notes", "References", "Examples"):
        assert part in said


def test_kpis_as_json_and_in_full(capsys: Output) -> None:
    """kpis --json and --all hold every definition."""
    assert run("kpis", "--json") == 0
    found = document(capsys)
    assert [each["key"] for each in found] == [*library.load(), *catalogue.LISTINGS, *SCORES]
    assert all(each["definition"] and each["zh"] and each["en"] for each in found)
    assert run("kpis", "--all", "--lang", "zh") == 0
    said = capsys.readouterr().out
    assert all(f"{key}  (" in said for key in library.load())


def test_kpis_unknown_names_the_nearest(capsys: Output) -> None:
    """An unknown KPI is answered with the nearest names."""
    assert run("kpis", "retention_rat", "--lang", "en") == 2
    said = capsys.readouterr().err
    assert "There is no KPI retention_rat" in said
    assert "retention_rate" in said.partition("Nearest:")[2]


@pytest.mark.parametrize("code", findings.CODES)
def test_explain_each_code(capsys: Output, code: str) -> None:
    """explain knows every code, written in any case, with cause, example and repair in both languages."""
    assert run("explain", code.lower()) == 0
    said = capsys.readouterr().out
    assert said.count(code) >= 2
    assert all(word in said for word in ("原因：", "例子：", "处理：", "Cause: ", "Example: ", "Repair: "))
    assert run("explain", code, "--json") == 0
    found = document(capsys)
    assert found["code"] == code
    assert all(found[part][language] for part in ("title", "cause", "example") for language in ("zh", "en"))


def test_explain_lists_all_codes(capsys: Output) -> None:
    """explain without a code lists all of them with their names."""
    assert run("explain", "--lang", "en") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == sorted(findings.CODES)
    assert all(len(line) > 8 for line in lines)
    assert run("explain", "--json") == 0
    assert [each["code"] for each in document(capsys)] == sorted(findings.CODES)


def test_explain_unknown_names_the_nearest(capsys: Output) -> None:
    """An unknown code is answered with the nearest ones, and --json gives a document too."""
    assert run("explain", "E200", "--lang", "en", "--json") == 2
    said = capsys.readouterr()
    assert "There is no code E200" in said.err
    assert "nearest" in json.loads(said.out)["error"]["advice"]


# ---- real processes


def process(*arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own, warnings as errors."""
    made = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "error"} | environment,
    )
    assert made.returncode == code, made.stderr
    return made


def test_help_is_light() -> None:
    """--help of the program and of every command loads neither pandas nor numpy, and names all commands."""
    program = """
import contextlib, io, sys
from loyalty_xl import cli
said = io.StringIO()
for arguments in (["--help"], *([name, "--help"] for name in ("demo", "new", "add", "check", "refresh", "kpis", "explain", "restore"))):
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        cli.main(arguments)
heavy = {"pandas", "numpy", "pyarrow", "pandera", "narwhals", "openpyxl", "xlsxwriter", "lxml"} & set(sys.modules)
assert not heavy, heavy
for name in ("demo", "new", "add", "check", "refresh", "kpis", "explain", "restore", "--lang", "--json", "--period", "--as-of", "--source", "--set", "--out", "--dry-run", "--by", "--from"):
    assert name in said.getvalue(), name
"""
    process("-c", program)


def test_version_and_narrow_terminals() -> None:
    """--version prints the version; Chinese comes out as UTF-8 whatever the terminal's locale."""
    assert process("-m", "loyalty_xl.cli", "--version").stdout.decode().strip() == f"loyalty-xl {__version__}"
    said = process(
        "-m", "loyalty_xl.cli", "explain", "E222", "--lang", "zh", LC_ALL="C", PYTHONIOENCODING="ascii"
    ).stdout
    assert "日期" in said.decode("utf-8")


def test_day_and_pairs() -> None:
    """Options are read as days and pairs; blanks around them do not matter."""
    arguments = cli.parser().parse_args(
        ["refresh", "b.xlsx", "--as-of", "2026-07-31", "--set", " a = b=c ", "--set", "d="]
    )
    assert arguments.as_of == date(2026, 7, 31)
    assert arguments.set == [("a", "b=c"), ("d", "")]


def test_stopped_by_the_user(book: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 and says that nothing was written."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "compute", stopped)
    before = book.read_bytes()
    assert run("refresh", book) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert book.read_bytes() == before


def test_error_has_its_own_exit_code() -> None:
    """The exit codes of the three kinds of error are 2, 3 and 4."""
    from loyalty_xl.errors import ReadError, WriteError

    assert [kind("", "", "").exit_code for kind in (UsageError, ReadError, WriteError)] == [2, 3, 4]


@pytest.mark.parametrize(
    "given",
    [["--period", "9999-12"], ["--period", "0001-01"], ["--as-of", "9999-12-31"], ["--as-of", "0001-01-01"]],
    ids=str,
)
def test_days_beyond_any_calendar_are_refused(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A period or date that no calendar here reaches ends with exit code 2 and what may be written."""
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,amount\nO1,C1,2026-07-01,10\n")
    newbook.make_book(tmp_path / "book.xlsx", "en")
    assert (
        cli.main(["check", str(tmp_path / "book.xlsx"), "--source", f"Orders={tmp_path / 'orders.csv'}", *given]) == 2
    )
    assert "Traceback" not in capsys.readouterr().err


def test_out_takes_no_file_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--out is a workbook like the one it comes from, and never a source; --source names a file."""
    orders = tmp_path / "orders.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["order_id", "customer_id", "order_date", "amount"])  # type: ignore[union-attr]
    made.active.append(["O1", "C1", date(2026, 7, 1), 10])  # type: ignore[union-attr]
    made.save(orders)
    before = orders.read_bytes()
    newbook.make_book(tmp_path / "book.xlsx", "en")
    book = str(tmp_path / "book.xlsx")
    assert cli.main(["refresh", book, "--source", f"Orders={orders}", "--out", str(orders)]) == 2
    assert cli.main(["refresh", book, "--source", f"Orders={orders}", "--out", str(tmp_path / "copy.csv")]) == 2
    assert cli.main(["refresh", book, "--source", "Orders="]) == 2
    assert orders.read_bytes() == before
    assert not (tmp_path / "copy.csv").exists()
