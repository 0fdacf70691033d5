"""Text files (.csv, .txt, .tsv) as sheets: every field a text, an empty field a blank, nothing turned into a number."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from loyalty_xl.books import read_errors
from loyalty_xl.books.assembly import ReadSheet
from loyalty_xl.books.preflight import Limits, unreachable
from loyalty_xl.cells import Kind, RawColumn

if TYPE_CHECKING:
    from pathlib import Path

_SAMPLE = 1 << 16
_SAMPLE_LINES = 60
_LOOK = 1 << 18
_LARGE = 1 << 23  # characters, from where on Arrow is worth its start
_DELIMITERS = (",", ";", "\t", "|")
_QUOTED = re.compile(r'"(?:[^"]|"")*"?')
_WHITE = re.compile(r"[ \t]+")
_DIGIT = re.compile(r"(?:^|[ \t])[-+]?[0-9]")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_text(path: Path, limits: Limits) -> ReadSheet:
    """Read a text file. A row has the number of its record, which is where a spreadsheet would show it."""
    return _sheet(path, _decoded(path, _content(path, None)), limits)


def peek_text(path: Path, limits: Limits, rows: int) -> ReadSheet:
    """Read the first *rows* records of a text file."""
    content = _content(path, _LOOK)
    if len(content) == _LOOK:
        content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1] or content
        content = content[: len(content) & ~1] if content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else content
    return _sheet(path, _decoded(path, content), limits, rows)


def _content(path: Path, most: int | None) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read() if most is None else file.read(most)
    except OSError as error:
        raise unreachable(path, error) from None


def _decoded(path: Path, content: bytes) -> str:
    """Decode UTF-8, UTF-16 with its mark, or GB 18030."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            names: tuple[str, ...] = (encoding,)
            content = content[len(mark) :]
            break
    else:
        names = ("utf-8", "gb18030")
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    zh = "不是 UTF-8、UTF-16 或 GB18030 编码的文本"
    raise read_errors.damaged(path.name, zh, "it is no text in UTF-8, UTF-16 with a mark, or GB 18030")


def delimiter_of(text: str) -> str:
    """Give the delimiter that parts the first lines evenly; " " for runs of white space, "" for a single column."""
    sample = _QUOTED.sub("", text[:_SAMPLE]) if '"' in text[:_SAMPLE] else text[:_SAMPLE]
    lines = [line for line in sample.splitlines()[:_SAMPLE_LINES] if line.strip()]
    if len(text) > _SAMPLE and len(lines) > 1 and len(lines) < _SAMPLE_LINES:
        lines.pop()
    best, fit = "", (0.0, 0)
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        most = max(set(counts), key=lambda count: (counts.count(count), count), default=0)
        if not most:
            most = max(counts, default=0) if counts and counts[0] else 0
        share = counts.count(most) / len(counts) if most else 0.0
        if most and (round(share, 1), most) > (round(fit[0], 1), fit[1]):
            best, fit = delimiter, (share, most)
    if best or '"' in text[:_SAMPLE]:
        return best
    fields = {len(line.split()) for line in lines}
    if len(fields) == 1 and fields.pop() > 1 and all(_DIGIT.search(line) for line in lines[1:]) and len(lines) > 1:
        return " "
    return ""


def _sheet(path: Path, text: str, limits: Limits, rows: int | None = None) -> ReadSheet:
    delimiter = delimiter_of(text)
    if delimiter == " ":
        text = "\n".join(["\t".join(line.split()) for line in text.replace("\r\n", "\n").split("\n")])
        delimiter = "\t"
    held = None
    if rows is None and len(text) > _LARGE and '"' not in text and "\r" not in text.replace("\r\n", "") and delimiter:
        held = _regular(text, delimiter)
    if held is None:
        held = _any(path, text, delimiter or "\0", rows)
    numbers, columns, strings = held
    if len(numbers) > limits.max_rows:
        most = f"{limits.max_rows:,}"
        raise read_errors.too_much(path.name, f"超过 {most} 行", f"it has more than {most} rows")
    raw = {at + 1: _column(codes) for at, codes in enumerate(columns) if (codes >= 0).any()}
    used = (int(numbers[-1]) if len(numbers) else 0, max(raw, default=0))
    return ReadSheet(name=path.stem, rows=numbers, columns=raw, strings=strings, used=used)


def _column(codes: np.ndarray) -> RawColumn:
    kind = np.where(codes >= 0, Kind.TEXT, Kind.BLANK).astype(np.uint8)
    size = len(codes)
    return RawColumn(kind, np.full(size, np.nan), codes.astype(np.int32), np.zeros(size, np.uint16))


def _regular(text: str, delimiter: str) -> tuple[np.ndarray, list[np.ndarray], list[str]] | None:
    """Read with Arrow a text without quotes whose records all have as many fields; None where it is another."""
    from pyarrow import csv as arrow_csv

    width = text.partition("\n")[0].count(delimiter) + 1
    names = [str(at) for at in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_utf8()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    whole = pa.concat_arrays([chunk for column in table.columns for chunk in column.chunks])
    return _numbered(whole.dictionary_encode(), table.num_rows, width)


def _numbered(coded: pa.DictionaryArray, rows: int, width: int) -> tuple[np.ndarray, list[np.ndarray], list[str]]:
    """Give row numbers, the columns as indexes of texts, and the texts; -1 stands for an empty field."""
    strings: list[str] = coded.dictionary.to_pylist()
    codes = coded.indices.to_numpy()
    if "" in strings:
        place = strings.index("")
        strings.pop(place)
        codes = np.where(codes == place, -1, codes - (codes > place))
    table = codes.reshape(width, rows)
    held = (table >= 0).any(axis=0)
    if held.all():
        return np.arange(1, rows + 1, dtype=np.int32), list(table), strings
    return (np.flatnonzero(held) + 1).astype(np.int32), list(table[:, held]), strings


def _any(path: Path, text: str, delimiter: str, most: int | None) -> tuple[np.ndarray, list[np.ndarray], list[str]]:
    """Read any text: quoted fields, and records of different lengths."""
    csv.field_size_limit(1 << 30)
    known: dict[str, int] = {"": -1}
    strings: list[str] = []
    records: list[list[int]] = []
    numbers: list[int] = []
    try:
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            codes = []
            for part in record:
                code = known.get(part)
                if code is None:
                    code = known[part] = len(strings)
                    strings.append(part)
                codes.append(code)
            if any(code >= 0 for code in codes):
                records.append(codes)
                numbers.append(number)
                if most is not None and len(records) >= most:
                    break
    except csv.Error as error:
        raise read_errors.damaged(path.name, f"文本无法解析({error})", f"its text cannot be parsed ({error})") from None
    width = max(map(len, records), default=0)
    table = np.full((len(records), width), -1, np.int32)
    for at, record_codes in enumerate(records):
        table[at, : len(record_codes)] = record_codes
    return np.array(numbers, np.int32), list(table.T.copy()), strings
