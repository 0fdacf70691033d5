"""The fonts that pictures are lettered with: found among the system's, and checked for every character they are to show."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.sharing.cannot_draw import CannotDrawError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# File names, regular and bold ("" = it has no bold one), best first.
CHINESE = (
    ("msyh.ttc", "msyhbd.ttc"),
    ("PingFang.ttc", "PingFang.ttc"),
    ("Hiragino Sans GB.ttc", "Hiragino Sans GB.ttc"),
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    ("SourceHanSans-Regular.ttc", "SourceHanSans-Bold.ttc"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
    ("STHeiti Light.ttc", "STHeiti Medium.ttc"),
    ("Deng.ttf", "Dengb.ttf"),
    ("simhei.ttf", ""),
    ("wqy-microhei.ttc", ""),
    ("wqy-zenhei.ttc", ""),
    ("simsun.ttc", ""),
    ("DroidSansFallbackFull.ttf", ""),
)
LATIN = (
    ("segoeui.ttf", "segoeuib.ttf"),
    ("HelveticaNeue.ttc", "HelveticaNeue.ttc"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("OpenSans-Regular.ttf", "OpenSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("Carlito-Regular.ttf", "Carlito-Bold.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("seguisym.ttf", ""),
    ("Arial Unicode.ttf", ""),
)
THIN = ("Regular", "W3", "Light", "Normal")
FAT = ("Bold", "Semibold", "W6", "Medium")
SAMPLE = {"zh": "客户忠诚度记分卡未达标草稿", "en": "Customer loyalty scorecard, 0.1%"}
NOWHERE = "\U0010ffff"  # no font has it: what is drawn for it is drawn for all that is missing


@dataclass(frozen=True)
class Face:
    """A typeface: two files, and the place of the face in each."""

    name: str
    regular: tuple[str, int]
    bold: tuple[str, int]

    def font(self, size: int, *, bold: bool = False) -> FreeTypeFont:
        """Give it in a size [pixels]."""
        return _font(*(self.bold if bold else self.regular), size)

    def has(self, char: str) -> bool:
        """Whether both weights show *char* as itself, not as the box that stands for what is missing."""
        return all(_draws(*place, char) for place in {self.regular, self.bold})


@cache
def _font(file: str, index: int, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(file, size, index, layout_engine=ImageFont.Layout.BASIC)


@cache
def _draws(file: str, index: int, char: str) -> bool:
    return char == " " or _shape(file, index, char) != _shape(file, index, NOWHERE)


def _shape(file: str, index: int, char: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(file, index, 24).getmask(char)
    return mask.size, bytes(mask)


def visible(text: str) -> str:
    """*text* in one line, without what has no shape of its own (joiners, variants, controls)."""
    kept = (" " if char.isspace() else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Mn", "Me"))


def is_chinese(char: str) -> bool:
    """Whether a Chinese font is to be asked for it first."""
    return (
        "\u2e80" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff00" <= char <= "\uffef"
        or char >= "\U00020000"
    )


def fonts_for(text: str) -> tuple[Face, ...]:
    """Give the faces for *text* and others of its kind, the main one first: each character is drawn by the first that has it.

    Raises
    ------
    CannotDrawError
        W452: no font of this system has them all.
    """
    chars = sorted(set(visible(text)))
    order = faces(folders(), chinese_first=any(map(is_chinese, chars)))
    missing = [char for char in chars if not any(face.has(char) for face in order)]
    if missing or not order:
        raise no_font("".join(missing))
    return order


def check_fonts(language: str) -> str:
    """Name the font that texts in *language* (zh, en, both) are drawn with; "" where there is none."""
    text = SAMPLE.get(language, SAMPLE["zh"] + SAMPLE["en"])
    try:
        return next(face.name for face in fonts_for(text) if face.has(text[0]))
    except CannotDrawError:
        return ""


def no_font(missing: str) -> CannotDrawError:
    """Say which letters no font has, and what to install."""
    shown = missing[:12] + ("…" if len(missing) > 12 else "")
    package = {"win32": "Microsoft YaHei", "darwin": "Noto Sans CJK SC"}.get(sys.platform, "fonts-noto-cjk")
    return CannotDrawError("W452", shown, package)


@cache
def faces(folders: tuple[Path, ...], *, chinese_first: bool) -> tuple[Face, ...]:
    """Give the known typefaces that lie in *folders*, in the order in which they are asked."""
    there = installed(folders)
    names = CHINESE + LATIN if chinese_first else LATIN + CHINESE
    made = []
    for regular, bold in names:
        if file := there.get(regular.lower()):
            with contextlib.suppress(OSError):  # a damaged file is no font
                thin = _place(file, THIN)
                fat = _place(there[bold.lower()], FAT) if bold.lower() in there else thin
                _font(*fat, 24)
                made.append(Face(_font(*thin, 24).getname()[0] or regular, thin, fat))
    return tuple(made)


def _place(file: str, styles: tuple[str, ...]) -> tuple[str, int]:
    """Give a file and the place in it of the face to take: of Simplified Chinese where it has several, of the wanted weight."""
    if not file.lower().endswith(".ttc"):
        return file, 0
    found = []
    for index in range(64):
        try:
            family, style = _font(file, index, 24).getname()
        except OSError:
            break
        region = 0 if (family or "").endswith((" SC", " GB")) else 1
        found.append((region, styles.index(style) if style in styles else len(styles), index))
    return file, min(found)[2] if found else 0


@cache
def installed(folders: tuple[Path, ...]) -> dict[str, str]:
    """Give the font files in *folders* by their names in small letters."""
    there: dict[str, str] = {}
    for folder in folders:
        for root, inner, files in os.walk(folder):
            inner.sort()
            for name in sorted(files):
                if name.lower().endswith((".ttf", ".ttc", ".otf")):
                    there.setdefault(name.lower(), str(Path(root, name)))
    return there


def folders() -> tuple[Path, ...]:
    """Where fonts lie."""
    home = Path.home()
    if sys.platform == "win32":
        windows, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", str(home))
        return Path(windows, "Fonts"), Path(local, "Microsoft", "Windows", "Fonts")
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"
    return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"


def chinese_fonts() -> bool:
    """Whether fontconfig, which LibreOffice asks, knows a font with Chinese letters; yes where there is no fontconfig."""
    if not shutil.which("fc-list"):
        return True
    try:
        listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return bool(listed.stdout.strip())
