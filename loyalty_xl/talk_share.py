"""What the command line and the buttons say about a share: files, recipients, figures that are not shown, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.contracts.control_share import RECIPIENTS
from loyalty_xl.publish.change_words import WINDOWS
from loyalty_xl.publish.contents import finding_json
from loyalty_xl.sharing.suppression import Why
from loyalty_xl.talk import findings_text

if TYPE_CHECKING:
    from loyalty_xl.share import Share
    from loyalty_xl.sharing.recipients import Group
    from loyalty_xl.sharing.suppression import Key

CELLS = 20  # figures that are not shown, by name
WHYS = {Why.SMALL: ("人数太少", "too few"), Why.DERIVED: ("会泄露人数太少的数字", "would tell of too few")}


def share_text(made: Share, language: str, *, sends: bool = False) -> str:
    """Everything about a share, written or not; unless it *sends*, that nothing was sent."""
    parts = [_head(made, language), _files(made, language), _people(made, language), _hidden(made, language)]
    parts += [findings_text(made.findings, language)] if made.findings else []
    parts += [] if sends else [_next(made, language)]
    return "\n".join(part for part in parts if part)


def _head(made: Share, language: str) -> str:
    period, version = made.made.period, made.version
    zh = f"记分卡 {period} 第 {version} 版(编号 {made.scorecard[:12]})"
    en = f"Scorecard {period}, version {version} (id {made.scorecard[:12]})"
    return in_language(zh, en, language)


def _files(made: Share, language: str) -> str:
    places = {path.name: str(path) for path in made.written}
    lines = [f"  {places.get(name, name)}  {size_text(len(data))}" for name, data in made.files.items()]
    words = (
        ("文件:", "Files:")
        if made.written
        else ("将生成的文件(尚未写入):", "Files that would be made (nothing is written):")
    )
    return "\n".join([in_language(*words, language), *lines])


def size_text(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} B"


def _people(made: Share, language: str) -> str:
    if not made.groups:
        name = RECIPIENTS.zh if language == "zh" else RECIPIENTS.name
        return in_language(
            f"“{name}”页没有收件人:草稿不写收件人。添加:loyalty-xl add {typed(made)} Recipients",
            f"{name} names nobody: the draft has no address. To add them: loyalty-xl add {typed(made)} Recipients",
            language,
        )
    lines = [in_language("收件人:", "Recipients:", language)]
    lines += [
        f"  {group_text(group, language)}: {', '.join(each.address for each in group.recipients)}"
        for group in made.groups
    ]
    return "\n".join(lines)


def typed(made: Share) -> str:
    """The workbook as it is named in a command."""
    path = str(made.made.book)
    return f'"{path}"' if " " in path else path


def group_text(group: Group, language: str) -> str:
    """A group, its language and what it may see."""
    all_of_it = in_language("全部细分", "all segments", language)
    none = in_language("只有全体客户", "all customers only", language)
    seen = all_of_it if group.segments is None else ", ".join(group.segments) or none
    return " · ".join(filter(None, (group.name, group.language, seen)))


def _hidden(made: Share, language: str) -> str:
    if not made.suppressed:
        return ""
    least = made.made.settings.min_cell
    zh, en = (
        f"不显示的数字(最小人数 {least}):{len(made.suppressed)} 个",
        f"Figures not shown (min_cell {least}): {len(made.suppressed)}",
    )
    if made.written:
        more = in_language("(--preview 逐一列出)", "(--preview names them)", language)
        return f"{in_language(zh, en, language)} {more}"
    keys = sorted(made.suppressed)
    lines = [
        f"  {key_text(key, language)} – {in_language(*WHYS[made.suppressed[key]], language)}" for key in keys[:CELLS]
    ]
    if len(keys) > CELLS:
        lines.append(in_language(f"  …… 还有 {len(keys) - CELLS} 个", f"  ... and {len(keys) - CELLS} more", language))
    return "\n".join([in_language(zh, en, language), *lines])


def key_text(key: Key, language: str) -> str:
    """A figure by name."""
    kpi = catalogue.KPIS.get(key.kpi)
    where = "" if key.segment_dim == "all" else f" {key.segment_dim}={key.segment}"
    window = f" ({in_language(*WINDOWS[key.window], language)})" if key.window in WINDOWS else ""
    return f"{kpi.label(language) if kpi else key.kpi}{where} {key.period}{window}"


def _next(made: Share, language: str) -> str:
    if not made.written:
        return ""
    name = typed(made)
    return in_language(
        f"没有发送任何内容。打开 .eml 草稿即可检查、发送;由程序发送:loyalty-xl share {name} --send",
        f"Nothing was sent. Open an .eml draft to look at it and send it; to have it sent: loyalty-xl share {name} --send",
        language,
    )


def share_json(made: Share, language: str) -> dict[str, Any]:
    """The same as a JSON document."""
    return {
        "scorecard": made.scorecard,
        "period": made.made.period.label if made.made.period else None,
        "version": made.version,
        "files": {name: len(data) for name, data in made.files.items()},
        "written_to": [str(path) for path in made.written] or None,
        "groups": [
            {
                "name": group.name,
                "language": group.language,
                "segments": None if group.segments is None else list(group.segments),
                "recipients": [each.address for each in group.recipients],
            }
            for group in made.groups
        ],
        "suppressed": [
            {"kpi": key.kpi, "segment_dim": key.segment_dim, "segment": key.segment, "period": key.period, "window": key.window, "why": why.value}
            for key, why in sorted(made.suppressed.items())
        ],
        "findings": [finding_json(each, language) for each in made.findings],
    }  # fmt: skip


__all__ = ["group_text", "key_text", "share_json", "share_text", "size_text"]
