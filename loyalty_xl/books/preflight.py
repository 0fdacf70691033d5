"""Look at a file before reading it: what it is, judged by its bytes, and whether it is safe to unpack."""

from __future__ import annotations

import errno
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books import read_errors

if TYPE_CHECKING:
    from loyalty_xl.errors import ReadError

MEGABYTE = 1_000_000
TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".tab"})

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET = b"PAR1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_WEB = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|style|div|script)\b", re.I | re.S
)
_ASIDE = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.S)
_OFFLINE = 0x1000 | 0x40000 | 0x400000  # FILE_ATTRIBUTE_OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
_PROLOG = 65_536


@dataclass(frozen=True)
class Limits:
    """How much a file may ask of the machine.

    A full sheet of 1,048,576 rows and eight columns has 426 MB of XML at a ratio near 9, the largest that is honest;
    it passes with a factor of two to spare. A 1.3 MB file that unpacks to 390 MB has a ratio of 300 and does not:
    worksheet XML of real data, even of a fully formatted column, stays below 40.
    """

    max_member_mb: float = 1024  # one part, unpacked [MB]
    max_total_mb: float = 2048  # all parts, unpacked [MB]
    max_ratio: float = 100  # unpacked / packed, for parts over 1 MB
    max_members: int = 1000
    max_rows: int = 1_048_576  # rows that hold a value, a sheet
    memory_mb: float = 3000  # address space of the reading child, beyond what it starts with [MB]
    seconds: float = 60  # for a file [s]


def owner_file(path: Path) -> bool:
    """Say whether *path* is the file Excel leaves beside an open workbook."""
    return path.name.startswith("~$")


def owner_of(path: Path) -> str:
    """Give the name in the owner file beside *path*, or "" where there is none."""
    try:
        note = path.with_name("~$" + path.name).read_bytes()[:165]
    except OSError:
        return ""
    if len(note) < 57:
        return ""
    wide = note[55:]
    length = int.from_bytes(wide[:2], "little")
    return wide[2 : 2 + 2 * length].decode("utf-16-le", "ignore").strip("\0 ")


def look(path: Path | str, limits: Limits = Limits(), *, allow_csv: bool = False) -> str:
    """Give the kind of *path*, or raise the `ReadError` that says why it cannot be read.

    `xlsx` and `text` are read by this package; `xls` (also WPS's .et), `xlsb`, `ods` and `parquet` by libraries in the
    reading child; `encrypted` is a package in an OLE file that needs a password.
    """
    path = Path(path)
    if owner_file(path):
        raise read_errors.owner_file(path.name)
    try:
        size = _size(path)
        with path.open("rb") as file:
            start = file.read(_PROLOG)
    except OSError as error:
        raise unreachable(path, error) from None
    if not size or not start:
        raise read_errors.empty(path.name)
    if start[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return check_package(path, limits)
    if start.startswith(_OLE):
        return _compound(path)
    if start.startswith(_PARQUET):
        return "parquet"
    if start[:2] in _BIFF and start[2:4] in {b"\x08\x00", b"\x10\x00", b"\x06\x00", b"\x04\x00"}:
        raise read_errors.format_not_read(path.name, "xls (BIFF)")
    return _text_kind(path, start, limits, size, allow_csv=allow_csv)


def unreachable(path: Path, error: OSError) -> ReadError:
    """Turn what the system said about *path* into a refusal."""
    if isinstance(error, PermissionError):
        return read_errors.locked(path.name, owner_of(path))
    if error.errno == errno.ELOOP:
        return read_errors.not_there(path.name, "链接指向自身", "the link points to itself")
    if isinstance(error, FileNotFoundError):
        return read_errors.not_there(path.name, "文件或其文件夹不存在", "the file or its folder does not exist")
    return read_errors.not_there(path.name, f"系统报告 {error.strerror}", f"the system says {error.strerror}")


def _size(path: Path) -> int:
    """Give the size of a regular file that is really on this machine."""
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise read_errors.not_there(path.name, "这是文件夹,不是文件", "this is a folder, not a file")
    if not stat.S_ISREG(facts.st_mode):
        raise read_errors.not_there(path.name, "这不是普通文件", "this is not an ordinary file")
    if getattr(facts, "st_file_attributes", 0) & _OFFLINE:
        raise read_errors.not_there(
            path.name,
            "它只在云端(OneDrive/SharePoint),请先设为始终保留在此设备上",
            "it is only in the cloud (OneDrive, SharePoint); keep it on this device first",
        )
    return facts.st_size


def _text_kind(path: Path, start: bytes, limits: Limits, size: int, *, allow_csv: bool) -> str:
    """Judge a file that is neither a zip nor a compound file."""
    name = path.name
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    plain = start.decode("utf-16", "ignore").encode() if wide else start.removeprefix(b"\xef\xbb\xbf")
    if _WEB.match(plain):
        raise read_errors.web_page(name)
    if plain.lstrip().startswith(b"<?xml"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in plain:
            raise read_errors.format_not_read(name, "XML 2003")
        raise read_errors.other_file(name, "XML 文本", "an XML text")
    if b"\0" in plain:
        raise read_errors.damaged(
            name, "内容是二进制数据,不是工作簿或文本", "it holds binary data, neither workbook nor text"
        )
    if path.suffix.lower() not in TEXT_SUFFIXES and not allow_csv:
        raise read_errors.csv_renamed(name)
    if size > limits.max_member_mb * MEGABYTE:
        raise read_errors.too_much(name, f"文本有 {size / MEGABYTE:.0f} MB", f"the text has {size / MEGABYTE:.0f} MB")
    return "text"


def _compound(path: Path) -> str:
    """Judge an OLE compound file by the streams it names."""
    with path.open("rb") as file:
        content = file.read(64 * 2**20)
    for stream in ("EncryptedPackage", "EncryptionInfo"):
        if stream.encode("utf-16-le") in content:
            return "encrypted"
    for stream in ("Workbook", "Book"):
        if stream.encode("utf-16-le") in content:
            return "xls"
    if "WordDocument".encode("utf-16-le") in content:
        raise read_errors.other_file(path.name, "Word 文档", "a Word document")
    raise read_errors.damaged(path.name, "复合文件中没有工作簿", "the compound file holds no workbook")


def check_package(path: Path, limits: Limits, content: bytes | None = None) -> str:
    """Read the zip directory, and the first bytes of each XML part; give the kind of package.

    *content* stands for the file where it was decrypted.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path if content is None else io.BytesIO(content)) as package:
            members = package.infolist()
            _check_members(name, members, limits)
            kind = _check_content(name, {member.filename.lower() for member in members}, package)
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_prolog(name, package, member)
            return kind
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError, ValueError) as error:
        raise read_errors.damaged(name, "压缩包不完整", f"its zip directory is incomplete ({error})") from None
    except OSError as error:
        raise unreachable(path, error) from None


def _check_members(name: str, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.max_members:
        zh = f"含 {len(members)} 个部件,上限 {limits.max_members}"
        raise read_errors.inflated(name, zh, f"it holds {len(members)} parts, {limits.max_members} are allowed")
    seen: set[str] = set()
    for member in members:
        part = member.filename.replace("\\", "/").lstrip("/").lower()
        if part in seen or ".." in part.split("/") or ":" in part.split("/")[0]:
            raise read_errors.twin_parts(name, member.filename)
        seen.add(part)
        if member.flag_bits & 1:
            raise read_errors.password(name)
        size = member.file_size
        if size > limits.max_member_mb * MEGABYTE or (
            size > MEGABYTE and size > limits.max_ratio * max(1, member.compress_size)
        ):
            shown = f"{member.filename}: {member.compress_size / MEGABYTE:.1f} MB -> {size / MEGABYTE:.0f} MB"
            raise read_errors.inflated(name, shown, shown)
    total = sum(member.file_size for member in members) / MEGABYTE
    if total > limits.max_total_mb:
        most = f"{limits.max_total_mb:.0f} MB"
        raise read_errors.inflated(name, f"共 {total:.0f} MB,上限 {most}", f"{total:.0f} MB in all, {most} are allowed")


def _check_content(name: str, parts: set[str], package: zipfile.ZipFile) -> str:
    """See which program's package it is."""
    if "mimetype" in parts:
        with package.open("mimetype") as file:
            if b"opendocument.spreadsheet" in file.read(200):
                _check_open_document(name, parts, package)
                return "ods"
    if "[content_types].xml" in parts:
        if any(part.endswith("/workbook.bin") for part in parts):
            return "xlsb"
        if any(part.endswith("workbook.xml") for part in parts):
            return "xlsx"
        for folder, zh, en in (("word/", "Word 文档", "a Word document"), ("ppt/", "演示文稿", "a presentation")):
            if any(part.startswith(folder) for part in parts):
                raise read_errors.other_file(name, zh, en)
        with package.open("[Content_Types].xml") as file:
            if b"spreadsheetml" in file.read(_PROLOG):
                return "xlsx"
    raise read_errors.other_file(name, "普通压缩包", "an ordinary zip archive")


def _check_open_document(name: str, parts: set[str], package: zipfile.ZipFile) -> None:
    """Refuse encrypted content, which the manifest tells."""
    if "encrypted-package" in parts:
        raise read_errors.encrypted_format(name, ".ods")
    if "meta-inf/manifest.xml" in parts:
        manifest = next(each for each in package.infolist() if each.filename.lower() == "meta-inf/manifest.xml")
        with package.open(manifest) as file:
            if b"encryption-data" in file.read(MEGABYTE):
                raise read_errors.encrypted_format(name, ".ods")
    if "content.xml" not in parts:
        raise read_errors.damaged(name, "缺少内容部件", "its content part is missing")


def _check_prolog(name: str, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse a part that has a DTD: what stands before the root element is read, no more."""
    with package.open(member) as file:
        start = file.read(512)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:4]:
            start = (start + file.read(_PROLOG)).replace(b"\0", b"").lstrip(b"\xff\xfe")
        at = _root(start)
        while at < 0 and len(start) <= _PROLOG:
            more = file.read(4096)
            if not more:
                return
            start += more
            at = _root(start)
    if at < 0 or start[at : at + 2] == b"<!":
        raise read_errors.entity(name, member.filename)


def _root(start: bytes) -> int:
    """Give where the first element or declaration begins, -1 if it lies beyond *start*."""
    at = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    while aside := _ASIDE.match(start, at):
        at = aside.end()
    pending = start[at : at + 4]
    if len(pending) < 4 or pending == b"<!--" or pending.startswith(b"<?"):
        return -1
    return at
