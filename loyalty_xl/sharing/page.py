"""The body of the mail: one column of HTML that every mail client shows, with or without pictures and style sheets."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from loyalty_xl.sharing.page_look import FONT, TABLE, bar, pill, ruled, safe, style_sheet, tone
from loyalty_xl.sharing.page_parts import RowText, Teller
from loyalty_xl.sharing.plain_page import plain
from loyalty_xl.sharing.wording import headline, missed
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty_xl.sharing.card import Card, Group, Row

LARGEST = 98_000  # bytes; Gmail cuts at 102 kB
CHANGES, RED_ROWS = 15_000, 40_000  # bytes of them that these parts may take
WIDE = 600  # pixels
SPARE = 500  # bytes for what is said of rows left out
FIRST_SHOWN = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)


def html(card: Card, picture: str | None = None) -> str:
    """Draw the card as the HTML body of a mail.

    Parameters
    ----------
    card
        What is shared.
    picture
        Source of a picture of the Scorecard, such as `cid:scorecard` or a file name.

    Returns
    -------
    str
        A page of less than 100 kB that reads nothing from elsewhere. Where not all rows fit, some that are not judged and then some on
        target are left to the workbook, and the page says how many.
    """
    rest = _page(card, picture, "")
    rows = _rows(Teller(card), LARGEST - len(rest.encode()))
    return _page(card, picture, _section(rows))


def note(card: Card, text: str) -> str:
    """Draw the body of a mail that says *text* and tells no figure of the card."""
    return _whole(card, text, [])


def _page(card: Card, picture: str | None, rows: str) -> str:
    tell = Teller(card)
    parts = [
        _section(_top(tell)),
        _section(_score(tell)),
        *([_section(_changes(tell))] if card.earlier else []),
        _section(_red(tell)),
        rows,
        *([_section(_picture(tell, picture))] if picture else []),
        _section(_below(tell)),
    ]
    return _whole(card, headline(card), parts)


def _whole(card: Card, first: str, parts: list[str]) -> str:
    """Put the parts into a page that says *first* first."""
    head = f'<tr><td {tone("h", "padding:18px 16px")}><h1 style="margin:0;font-size:20px;line-height:27px">{safe(first)}</h1></td></tr>'
    title = safe(f"{Teller(card).title} {card.period}")
    return (
        f'<!DOCTYPE html>\n<html lang="{"en" if card.language == "en" else "zh-CN"}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="supported-color-schemes" content="light dark">\n'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">\n'
        f"<title>{title}</title>\n<style>{style_sheet()}</style>\n"
        "<!--[if mso]><style>*{font-family:'Microsoft YaHei',Arial,sans-serif!important}</style><![endif]-->\n</head>\n"
        f"<body {tone('p', 'margin:0;padding:0')}>\n"
        f'<table {TABLE}><tr><td align="center" {tone("p", f"font-family:{FONT};font-size:14px;line-height:20px")}>\n'
        f'<!--[if mso]><table role="presentation" width="{WIDE}" cellpadding="0" cellspacing="0"><tr><td><![endif]-->\n'
        f"<table {TABLE} {tone('c', f'max-width:{WIDE}px;margin:0 auto;text-align:left;overflow-wrap:anywhere;word-break:break-word')}>\n"
        + "\n".join([head, *parts])
        + "\n</table>\n<!--[if mso]></td></tr></table><![endif]-->\n</td></tr></table>\n</body>\n</html>\n"
    )


def _section(inner: str) -> str:
    return f'<tr><td {ruled("bottom")}padding:14px 16px">{inner}</td></tr>'


def _heading(text: str) -> str:
    return f"<h2 {tone('k', 'margin:0 0 6px;font-size:16px;line-height:22px')}>{safe(text)}</h2>"


def _quiet(text: str, style: str = "font-size:12px;line-height:17px") -> str:
    return f"<div {tone('m', style)}>{safe(text)}</div>" if text else ""


def _sides(left: str, right: str, width: str = "1%") -> str:
    """Two texts, one at each side."""
    return (
        f'<table {TABLE}><tr valign="top"><td>{left}</td>'
        f'<td width="{width}" align="right" style="padding-left:8px">{right}</td></tr></table>'
    )


def _top(tell: Teller) -> str:
    """Title, period, end of the data, state."""
    state = ""
    if text := tell.card.state:
        style = "margin-top:8px;padding:6px 10px;font-weight:bold"
        state = f"<div {tone('a' if tell.card.is_draft else 'n', style)}>{safe(text)}</div>"
    title = f'<div style="font-size:17px;line-height:24px;font-weight:bold">{safe(tell.title)}</div>'
    return title + "".join(_quiet(each, "font-size:13px") for each in (" · ".join(tell.facts),)) + state


def _score(tell: Teller) -> str:
    """The score, how many rows have which status, the scores of the dimensions."""
    card = tell.card
    of = ' <span style="font-size:14px;font-weight:normal">/ 100</span>' if card.score.shown else ""
    size = "font-size:32px;line-height:38px" if card.score.shown else "font-size:17px;line-height:26px"
    head = (
        _quiet(tell["score_label"], "font-size:13px")
        + f'<div style="{size};font-weight:bold">{safe(tell.score(card.score))}{of}</div>'
        + '<div style="line-height:28px">'
        + " ".join(pill(status, text) for status, text in tell.counts)
        + "</div>"
    )
    lines = "".join(_dimension(tell, group) for group in card.groups)
    scores = f'<table {TABLE} style="margin-top:6px">{lines}</table>' if lines else ""
    return head + scores + "".join(_quiet(f"{label}: {text}") for label, text in tell.head)


def _dimension(tell: Teller, group: Group) -> str:
    value, text = group.score.value, safe(tell.score(group.score))
    cells = f'<td width="68%" colspan="2" align="right">{text}</td>'
    if value is not None:
        drawn = bar(value, None, Status.GREY, most=100)
        cells = f'<td width="44%">{drawn}</td><td width="24%" align="right">{text}</td>'
    return f'<tr><td width="32%" style="padding:2px 8px 2px 0">{safe(tell.dimension(group))}</td>{cells}</tr>'


def _changes(tell: Teller) -> str:
    """What is another figure than in the last share."""
    assert tell.card.earlier is not None
    changes = tell.card.earlier.changes
    blocks = []
    for change in changes:
        text = tell.change(change)
        blocks.append(
            f'<div style="padding:4px 0">{_bold(text.name)} {safe(text.moved)}<br>{_inline(text.status)}{_quiet(text.why)}</div>'
        )
    return _heading(tell.since) + (_fitting(tell, blocks, CHANGES) or safe(tell["unchanged"]))


def _fitting(tell: Teller, blocks: list[str], room: int) -> str:
    """As many blocks as have room, and how many are left out."""
    ends = list(accumulate(len(block.encode()) for block in blocks))
    number = sum(end <= room for end in ends)
    rest = _quiet(tell.left_out(len(blocks) - number)) if number < len(blocks) else ""
    return "".join(blocks[:number]) + rest


def _inline(text: str) -> str:
    return f"<span {tone('m', 'font-size:12px')}>{safe(text)}</span>"


def _red(tell: Teller) -> str:
    """The red rows, and who acts on each by when."""
    blocks = [_red_row(tell, row) for row in missed(tell.card)]
    return _heading(tell["red_heading"]) + (_fitting(tell, blocks, RED_ROWS) or safe(tell.no_red))


def _red_row(tell: Teller, row: Row) -> str:
    text = tell.row(row)
    return (
        f'<table {TABLE} style="margin:8px 0"><tr><td width="4" class="br" style="background-color:#C4481A;font-size:1px">&nbsp;</td>'
        f'<td style="padding:0 0 0 10px">{_sides(_bold(text.name), pill(row.status, text.status))}'
        f"<div>{_amount(text.actual)} {_inline(text.aim)}</div>{_comment(text)}{_acts(tell, row) or _bold(tell.unattended(row))}</td></tr></table>"
    )


def _bold(text: str) -> str:
    return f"<b>{safe(text)}</b>"


def _amount(text: str) -> str:
    return f'<b style="font-size:17px">{safe(text)}</b>'


def _acts(tell: Teller, row: Row) -> str:
    """Who acts by when."""
    lines = []
    for text, late in tell.row(row).actions:
        mark = " " + pill(Status.RED, f"! {tell['overdue']}") if late else ""
        lines.append(f"<div>{safe(text)}{mark}</div>")
    return "".join(lines)


def _rows(tell: Teller, room: int) -> str:
    """All rows by dimension; where there is too little room, those that matter most."""
    drawn = {row.where: _row(tell, row) for row in tell.card.rows}
    headings = [_group(tell, group) for group in tell.card.groups]
    parts = [_heading(tell["rows_heading"]), _quiet(tell["legend"])]
    room -= sum(len(part.encode()) for part in (*headings, *parts)) + SPARE
    kept = set()
    for row in sorted(tell.card.rows, key=lambda row: FIRST_SHOWN.index(row.status)):
        room -= len(drawn[row.where].encode())
        if room < 0:
            break
        kept.add(row.where)
    for group, heading in zip(tell.card.groups, headings, strict=True):
        rows = [drawn[row.where] for row in group.rows if row.where in kept]
        parts += [heading, *rows] if rows else []
    if left := len(drawn) - len(kept):
        parts.append(_quiet(tell.left_out(left), "padding-top:8px"))
    return "".join(parts)


def _group(tell: Teller, group: Group) -> str:
    title = f"<h3 {tone('k', 'margin:0;font-size:15px')}>{safe(tell.dimension(group))}</h3>"
    return f'<div style="padding:14px 0 4px">{_sides(title, _bold(tell.score(group.score)), "40%")}</div>'


def _row(tell: Teller, row: Row) -> str:
    text = tell.row(row)
    actual, target = row.actual.value, row.target.value
    drawn = "" if actual is None or target is None else bar(actual, target, row.status)
    amount = _amount(text.actual) if row.actual.shown else safe(text.actual)
    told = "<br>".join(safe(each) for each in (text.course, text.about) if each)
    return (
        f'<div {ruled("top")}padding:8px 0">{_sides(_bold(text.name), pill(row.status, text.status))}'
        f"<div>{amount} {_inline(text.aim) if text.aim else ''}</div>{drawn}"
        + (f"<div {tone('m', 'font-size:12px;line-height:17px')}>{told}</div>" if told else "")
        + ("" if row.status is Status.RED else _comment(text) + _acts(tell, row))  # those stand above
        + "</div>"
    )


def _comment(text: RowText) -> str:
    return f'<div style="font-size:13px;padding:2px 0">{safe(text.comment)}</div>' if text.comment else ""


def _picture(tell: Teller, picture: str) -> str:
    alt = safe(tell["picture"])
    return (
        f'<img src="{safe(picture)}" width="{WIDE - 32}" alt="{alt}" '
        'style="display:block;width:100%;max-width:568px;height:auto;border:0">'
    )


def _below(tell: Teller) -> str:
    lines: Iterator[str] = (each for each in (tell.findings, *tell.hints, *tell.notes, tell.closing))
    return "".join(_quiet(each, "font-size:12px;line-height:17px;padding:2px 0") for each in lines)


__all__ = ["html", "note", "plain"]
