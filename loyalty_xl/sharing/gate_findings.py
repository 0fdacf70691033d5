"""What the gate found, in sentences that do not repeat it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loyalty_xl.sharing.folding import IS_HAN
from loyalty_xl.sharing.inside import STEP
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.sharing.gate import Hit

MOST_PLACES = 5  # of one kind in one file that are named
_IN_CHINESE = {
    "file name": "文件名",
    "document property": "文档属性",
    "defined name": "定义的名称",
    "sheet name": "工作表名",
    "chart title": "图表标题",
    "chart series name": "图表系列名",
    "chart category": "图表类别",
    "chart text": "图表文字",
    "alternative text": "替代文字",
    "drawing of notes": "批注图形",
    "drawing": "图形",
    "note on": "批注：",
    "link on": "链接：",
    "note": "批注",
    "author of notes": "批注作者",
    "header or footer": "页眉页脚",
    "header": "邮件头",
    "data validation": "数据验证",
    "conditional formatting": "条件格式",
    "number format": "数字格式",
    "sparkline": "迷你图",
    "tooltip": "提示文字",
    "prompt": "输入提示",
    "link": "链接",
    "table": "表格",
    "text of the picture": "图片中的文字信息",
    "text": "文字",
    "plain text": "纯文本正文",
    "HTML text": "HTML 正文",
    "comment": "注释",
    "name of a part": "部件名",
    "part": "部件",
    "bookmark": "书签",
    "shared string without a cell": "没有单元格使用的字符串",
}
_PHRASE = re.compile(rf"^(?:{'|'.join(sorted(map(re.escape, _IN_CHINESE), key=len, reverse=True))})\b")


def as_findings(hits: Iterable[Hit]) -> list[Finding]:
    """Turn hits into findings: E410 stops the share, W411 is only told, E412 could not be searched.

    Those of one kind in one file are one finding, which names the first places; what was found is masked.
    """
    grouped: dict[tuple[str, str, bool], list[Hit]] = {}
    for hit in hits:
        grouped.setdefault((hit.file, hit.kind, hit.stops), []).append(hit)
    found = [_finding(kind, stops, some) for (_, kind, stops), some in grouped.items()]
    return sorted(found, key=lambda finding: finding.code.startswith("W"))


def masked(kind: str, found: str) -> str:
    """Give enough of what was found to know it again.

    >>> masked("name", "王小明"), masked("phone", "138 0013-8000"), masked("e-mail", "anna@example.com"), masked("id", "C0012345")
    ('王**', '138****8000', 'a***@example.com', 'C0***')
    """
    if kind == "phone":
        digits = re.sub(r"\D", "", found)
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 9 else f"{digits[:2]}****"
    if kind == "e-mail":
        return f"{found[:1]}***@{found.rpartition('@')[2]}"
    if kind == "name":
        return found[:1] + ("*" * (len(found) - 1) if IS_HAN.match(found) and len(found) < 5 else "***")
    return found[: 2 if kind == "id" else 3] + "***"


def _finding(kind: str, stops: bool, hits: list[Hit]) -> Finding:
    code = "E412" if kind == "unreadable" else "E410" if stops else "W411"
    shown = dict.fromkeys(hit.found if kind == "unreadable" else masked(kind, hit.found) for hit in hits)
    places = list(dict.fromkeys(hit.place for hit in hits if hit.place))
    where = {language: _where(hits[0].file, places, language) for language in ("zh", "en")}
    found = ", ".join(list(shown)[:3]) + (", …" if len(shown) > 3 else "")
    detail = (("kind", kind), ("where_zh", where["zh"]), ("where_en", where["en"]))
    return Finding(code, "", found=found, count=len(hits), detail=detail)


def _where(file: str, places: list[str], language: str) -> str:
    if not places:
        return file
    said = [_chinese(place) if language == "zh" else place for place in places[:MOST_PLACES]]
    more = len(places) - len(said)
    rest = (f"；另 {more} 处" if language == "zh" else f"; and {more} more") if more else ""
    return f"{file}{STEP}{('；' if language == 'zh' else '; ').join(said)}{rest}"


def _chinese(place: str) -> str:
    """Say a place in Chinese; names of sheets and files stay."""
    steps = (_PHRASE.sub(lambda found: _IN_CHINESE[found[0]], each, count=1) for each in place.split(STEP))
    return STEP.join(re.sub(r"\b(?:line|page) (\d+)", _counted, each) for each in steps)


def _counted(found: re.Match[str]) -> str:
    return f"第 {found[1]} {'行' if found[0].startswith('line') else '页'}"
