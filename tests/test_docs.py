"""The documentation is what the code says today, its links lead somewhere, its commands can be typed."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import struct
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from loyalty_xl import catalogue, findings, library
from loyalty_xl.cli import parser
from loyalty_xl.contracts import everything
from loyalty_xl.scoring import SCORES
from loyalty_xl.settings import SETTINGS
from tests.conftest import ROOT

DOCS = ROOT / "docs"
WRITTEN = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GUIDES = [each for each in WRITTEN if "reference" not in each.parts]
GENERATED = ("reference/kpis.md", "reference/formulas.md", "reference/findings.md", "reference/cli.md", "reference/sheets.md", "reference/settings.md")  # fmt: skip
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"loyalty-xl (?:[a-z]+|--)[^`\n;。,,)]*")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
FOREIGN = {"--frozen", "--pictures"}  # options of other programs


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def reference(name: str) -> str:
    """A generated page as it is stored."""
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """docs/build.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh(build: ModuleType) -> dict[str, str]:
    """The generated pages as the code gives them today."""
    return build.pages()


def test_generated_pages_are_all_looked_at(fresh: dict[str, str]) -> None:
    """Every page that docs/build.py writes is compared here."""
    assert set(fresh) == set(GENERATED)


@pytest.mark.parametrize("name", GENERATED)
def test_reference_is_fresh(fresh: dict[str, str], name: str) -> None:
    """The stored reference is what the code gives, in any process (else run: uv run python docs/build.py)."""
    assert (DOCS / name).read_text(encoding="utf-8") == fresh[name]


@cache
def anchors(path: Path) -> frozenset[str]:
    """Anchors of the headings of a page, as the usual renderers make them."""
    headings = re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8"))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link leads to a file of the repository, and to a heading where it names one."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        assert "://" not in file, f"{target}: no page depends on another site"
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(place), target


def commands(page: Path) -> list[str]:
    """Command lines shown on a page."""
    text = page.read_text(encoding="utf-8")
    return [found.split(" > ")[0].split("|")[0].strip() for found in COMMAND.findall(text)]


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_commands_can_be_typed(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every `loyalty-xl …` on a page is understood by the command line."""
    for line in commands(page):
        words = shlex.split(line)[1:]
        if words in [[name] for name in options()]:  # a command spoken of by its name
            continue
        try:
            parser().parse_args(words)
        except SystemExit as end:
            pytest.fail(f"{line}: {capsys.readouterr().err.splitlines()[-1]}" if end.code else line)


def test_guides_show_commands() -> None:
    """The look for commands finds some."""
    shown = {shlex.split(line)[1] for page in GUIDES for line in commands(page)}
    assert set(options()) <= shown


def options() -> dict[str, set[str]]:
    """Options of every command."""
    (chosen,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    return {name: {option for action in each._actions for option in action.option_strings} for name, each in chosen.choices.items()}  # fmt: skip


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_options_exist(page: Path) -> None:
    """Every option that a guide names is one of ours."""
    known = {*FOREIGN, "--version"}.union(*options().values())
    assert set(OPTION.findall(page.read_text(encoding="utf-8"))) <= known


def test_every_command_is_in_the_reference() -> None:
    """Commands and their options stand in the reference."""
    text = reference("cli")
    for name, held in options().items():
        section = text.partition(f"## loyalty-xl {name}\n")[2].partition("\n## ")[0]
        assert section, name
        assert all(f"`{option}" in section for option in held if option not in ("-h", "--help")), name


def test_every_variable_is_in_the_reference() -> None:
    """Environment variables of the product stand in the reference."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "loyalty_xl").rglob("*.py"))
    assert all(f"`{name}`" in reference("cli") for name in set(re.findall(r'"(LOYALTY_XL_\w+)"', code)))


@pytest.mark.parametrize("code", range(6))
def test_exit_codes_are_in_the_reference(code: int) -> None:
    """The exit codes stand in the reference and in the guide to automation."""
    row = f"| {code} | "
    assert row in reference("cli")
    assert row in (DOCS / "how-to" / "automate.md").read_text(encoding="utf-8")


def test_every_kpi_is_in_the_reference() -> None:
    """Each KPI, listing and score has a section with its name in both languages."""
    text = reference("kpis")
    for each in (*library.load().values(), *catalogue.LISTINGS.values(), *SCORES.values()):
        assert f"\n### {each.key}\n\n**{each.zh} {each.en}** ({each.code})" in text


def test_every_finding_is_in_the_reference() -> None:
    """Each code has a section with its title in both languages."""
    text = reference("findings")
    for code in findings.CODES:
        assert f"\n### {code}\n\n**{findings.title(code, 'zh')} · {findings.title(code, 'en')}**" in text


def test_every_setting_is_in_the_reference() -> None:
    """Each setting has a row."""
    assert all(f"\n| `{key}` | {each.zh} |" in reference("settings") for key, each in SETTINGS.items())


def test_every_sheet_is_in_the_reference() -> None:
    """Each contract has a section, each of its fields a row."""
    text = reference("sheets")
    for contract in everything():
        section = text.partition(f"\n### {contract.name}\n")[2].partition("\n### ")[0]
        assert f"**{contract.zh}**" in section
        assert all(f"\n| `{each.name}` | {each.zh} |" in section for each in contract.fields), contract.name


def test_parameters_of_every_kpi_are_explained() -> None:
    """No measure of a KPI stands in the reference without its meaning."""
    assert not re.findall(r"(?m)^\| `\w+` \| – \|", reference("kpis"))


def test_readme_counts_the_kpis() -> None:
    """The number of KPIs in the README is that of the catalogue."""
    assert f"computes {len(library.load())} KPIs" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_pictures_are_small_and_whole() -> None:
    """Pictures are PNGs of less than 250 kB, wide enough to be read."""
    shown = sorted((DOCS / "pictures").glob("*.png"))
    assert {"scorecard.en.png", "trend.en.png", "scorecard.grey.png", "scorecard.deutan.png"} <= {each.name for each in shown}  # fmt: skip
    for each in shown:
        data = each.read_bytes()
        width, _height = struct.unpack(">II", data[16:24])
        assert data.startswith(b"\x89PNG")
        assert width > 900
        assert len(data) < 250_000, each.name
