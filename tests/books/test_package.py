"""The package: parts are read one by one, and unchanged ones are rewritten as the bytes they were."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from loyalty_xl.books import raw_zip
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.errors import ReadError, WriteError

pytestmark = pytest.mark.filterwarnings("error")

TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'


class Pipe(io.RawIOBase):
    """A stream that cannot be sought, so that `zipfile` writes data descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += data  # type: ignore[arg-type]
        return len(data)  # type: ignore[arg-type]


def archive(path: Path, **options: object) -> Path:
    """Make a zip of members that differ in everything a directory can say."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.comment = b"of the user"
        for number, (name, method) in enumerate(
            [("b.xml", 8), ("空 格.xml", 8), ("stored.bin", 0), ("xl/c.xml", 8), ("a.xml", 8)]
        ):
            info = zipfile.ZipInfo(name, (1999 + number, 2, 3, 4, 5, 6))
            info.compress_type, info.external_attr, info.comment = method, 0o600 << 16 | number, b"note"
            info.extra = b"\x99\x77\x02\x00ok"
            z.writestr(info, name.encode() * 500)
    return path


def raw(path: Path) -> dict[str, bytes]:
    """Give each member's local header and compressed data as they lie in the file."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            names = struct.unpack_from("<2H", data, info.header_offset + 26)
            end = info.header_offset + 30 + sum(names) + info.compress_size
            found[info.filename] = data[info.header_offset : end]
    return found


def said(path: Path) -> dict[str, tuple[object, ...]]:
    """Give what the directory says of each member, its offset aside."""
    with zipfile.ZipFile(path) as z:
        return {
            i.filename: (
                i.date_time,
                i.compress_type,
                i.external_attr,
                i.create_system,
                i.comment,
                i.flag_bits,
                i.extra,
            )
            for i in z.infolist()
        }


def test_unchanged_members_are_the_same_compressed_bytes(tmp_path: Path) -> None:
    """Members that are not named keep header, data, order, date, attributes and comment to the byte."""
    old, new = archive(tmp_path / "old.zip"), tmp_path / "new.zip"
    Package(old).write(new, {"xl/c.xml": b"changed"}, {"added.xml": b"added"}, ["stored.bin"])
    before, after = raw(old), raw(new)
    assert list(after) == ["b.xml", "空 格.xml", "xl/c.xml", "a.xml", "added.xml"]
    for name in ("b.xml", "空 格.xml", "a.xml"):
        assert after[name] == before[name]
        assert said(new)[name] == said(old)[name]
    assert said(new)["xl/c.xml"][:5] == said(old)["xl/c.xml"][:5]
    with zipfile.ZipFile(new) as z:
        assert (z.read("xl/c.xml"), z.read("added.xml"), z.comment) == (b"changed", b"added", b"of the user")
        assert z.getinfo("added.xml").date_time == (1980, 1, 1, 0, 0, 0)
        assert z.testzip() is None


def test_nothing_changed_gives_the_same_file(tmp_path: Path) -> None:
    """A rewrite without edits is the file itself, byte for byte."""
    old = archive(tmp_path / "old.zip")
    Package(old).write(tmp_path / "new.zip", {})
    assert (tmp_path / "new.zip").read_bytes() == old.read_bytes()


def test_data_descriptors_travel_with_their_member(tmp_path: Path) -> None:
    """A zip that was written to a stream, sizes behind the data, is copied whole and still opens."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:  # type: ignore[call-overload]
        for name in ("a.xml", "b.xml", "c.xml"):
            z.writestr(name, name * 1000)
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    old.write_bytes(pipe.data)
    Package(old).write(new, {"b.xml": b"changed"})
    with zipfile.ZipFile(new) as z:
        assert z.testzip() is None
        assert z.read("a.xml") == b"a.xml" * 1000
        assert [i.flag_bits & 8 for i in z.infolist()] == [8, 0, 8]
    Package(old).write(new, {})
    assert new.read_bytes() == old.read_bytes()


@pytest.mark.parametrize("shape", ["<LLL", "<4sLLL", "<4sLQQ", "<LQQ"])
def test_every_shape_of_data_descriptor_is_known(tmp_path: Path, shape: str) -> None:
    """With signature or without, 32 or 64 bit: the member behind a descriptor is found where it begins."""
    content = b"x" * 50
    crc = zlib.crc32(content)
    fields = [crc, 50, 50] if "4s" not in shape else [b"PK\x07\x08", crc, 50, 50]
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 8, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    first = local + content + struct.pack(shape, *fields)
    second = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, 50, 50, 1, 0) + b"b" + content
    directory = b"".join(
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, flags, 0, 0, 33, crc, 50, 50, 1, 0, 0, 0, 0, 0, offset)
        + n
        for flags, offset, n in ((8, 0, b"a"), (0, len(first), b"b"))
    )
    start = len(first) + len(second)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), start, 0)
    (tmp_path / "old.zip").write_bytes(first + second + directory + end)
    Package(tmp_path / "old.zip").write(tmp_path / "new.zip", {})
    assert (tmp_path / "new.zip").read_bytes() == (tmp_path / "old.zip").read_bytes()


def test_zip64_in_and_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members with zip64 headers are copied, and a file beyond the old limits gets zip64 fields that others read."""
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    with zipfile.ZipFile(old, "w", zipfile.ZIP_DEFLATED) as z:
        for name in ("a.xml", "b.xml"):
            with z.open(name, "w", force_zip64=True) as member:
                member.write(name.encode() * 100)
    Package(old).write(new, {"b.xml": b"changed"})
    assert raw(new)["a.xml"] == raw(old)["a.xml"]
    monkeypatch.setattr(raw_zip, "LIMIT", 40)
    monkeypatch.setattr(raw_zip, "LIMIT_COUNT", 1)
    with monkeypatch.context() as patched:
        patched.setattr(raw_zip.Entry, "central", wide_central)
        Package(old).write(new, {"b.xml": b"changed"}, {"c.xml": b"added" * 20})
    with zipfile.ZipFile(new) as z:
        assert z.read("c.xml") == b"added" * 20
        assert z.testzip() is None


def wide_central(entry: raw_zip.Entry) -> bytes:
    """Give a central entry whose clipped fields hold the mark of zip64 (the limit is lowered in the test only)."""
    mark, limit = 0xFFFFFFFF, raw_zip.LIMIT
    wide = [value for value in (entry.size, entry.compressed, entry.offset) if value >= limit]
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    sizes = [mark if value >= limit else value for value in (entry.compressed, entry.size)]
    where = mark if entry.offset >= limit else entry.offset
    fixed = (20, 0, 45, 0, entry.flags, entry.method, entry.time, entry.date, entry.crc, *sizes, len(entry.name))
    return raw_zip.CENTRAL.pack(b"PK\1\2", *fixed, len(extra), 0, 0, 0, 0, where) + entry.name + extra


def test_equal_edits_give_equal_bytes(tmp_path: Path) -> None:
    """The clock is nowhere in what is written."""
    old = archive(tmp_path / "old.zip")
    for name in ("one.zip", "two.zip"):
        Package(old).write(tmp_path / name, {"a.xml": b"x"}, {"new.xml": b"y"})
        time.sleep(0.01)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_relationships_resolve_however_they_are_written(tmp_path: Path) -> None:
    """Absolute, relative, backslashed, percent-encoded and external targets lead to the part that is meant."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as z:
        for name in ("xl/a.xml", "xl/w/s.xml", "xl/with space.xml"):
            z.writestr(name, "<x/>")
        targets = ["/xl/a.xml", "../A.xml", "..\\a.xml", "s.xml", "../with%20space.xml"]
        items = "".join(f'<Relationship Id="r{n}" Type="x/{n}" Target="{t}"/>' for n, t in enumerate(targets))
        items += '<Relationship Id="e" Type="x/e" Target="https://e.org/a" TargetMode="External"/>'
        z.writestr("xl/w/_rels/s.xml.rels", f"<Relationships>{items}</Relationships>")
    links = Draft(Package(tmp_path / "p.zip")).relationships("xl/w/s.xml")
    expected = ["xl/a.xml", "xl/a.xml", "xl/a.xml", "xl/w/s.xml", "xl/with space.xml", "https://e.org/a"]
    assert [link.target for link in links] == expected
    assert links[-1].external
    assert links[2].kind == "2"


def test_content_types_by_name_and_by_ending(tmp_path: Path) -> None:
    """An override by name wins over the default of the ending."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as z:
        rules = b'<Default Extension="xml" ContentType="plain"/><Override PartName="/a.xml" ContentType="special"/>'
        z.writestr("[Content_Types].xml", TYPES % rules)
        z.writestr("a.xml", "<x/>")
    draft = Draft(Package(tmp_path / "p.zip"))
    assert (draft.content_type("a.xml"), draft.content_type("b.xml"), draft.content_type("c.bin")) == (
        "special", "plain", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "E101"), (b"PK\3\4 cut off", "E102"), (b"\xd0\xcf\x11\xe0old", "E105")]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """An empty file, half a zip and an old .xls are told apart."""
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(ReadError) as caught:
        Package(tmp_path / "x.xlsx")
    assert caught.value.code == code


def test_twin_parts_are_refused(tmp_path: Path) -> None:
    """Two parts of one name (case aside) are E113: programs would disagree on which counts."""
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as z:
        z.writestr("xl/a.xml", "1")
        z.writestr("xl/A.xml", "2")
    with pytest.raises(ReadError) as caught:
        Package(tmp_path / "x.xlsx")
    assert caught.value.code == "E113"


def test_a_file_saved_by_someone_else_meanwhile_is_noticed(tmp_path: Path) -> None:
    """What was read is not written over what somebody has saved since."""
    package = Package(archive(tmp_path / "old.zip"))
    with zipfile.ZipFile(tmp_path / "old.zip", "a") as z:
        z.writestr("more.xml", "<x/>")
    with pytest.raises(WriteError, match="someone else"):
        package.read("a.xml")
