"""What a file is, found by looking at it: nothing is taken from its name, nor from what its sender called it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from etl.files import delimited, json_text, names, parquet, plain, text, text_values
from etl.files.delimited import Dialect
from etl.files.plain import Plain
from etl.files.records import Batch, Refused

_DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 256 * 1024
_SAMPLE_RECORDS = 200
_MAX_COLUMNS = 1000
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n')
_DATE_LIKE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}.*")
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", re.MULTILINE)


@dataclass(frozen=True)
class Recognised:
    """A file and what it is."""

    file: Plain
    """The plain file; what came compressed is unpacked as it is read."""
    kind: str
    """csv, ndjson, json or parquet."""
    compression: str
    encoding: str = ""
    dialect: Dialect | None = None
    names: tuple[str, ...] | None = None
    """The columns; None for JSON, whose records say them one by one."""

    def batches(self) -> Iterator[Batch]:
        """All its records."""
        if self.kind == "parquet":
            assert isinstance(self.file, Path)
            return parquet.batches(self.file)
        if self.kind == "ndjson":
            return json_text.line_batches(self.file, self.encoding)
        if self.kind == "json":
            return json_text.document_batches(self.file, self.encoding)
        assert self.dialect is not None
        return delimited.batches(self.file, self.encoding, self.dialect)

    def document(self) -> dict[str, Any]:
        """What a report says of it."""
        found: dict[str, Any] = {"kind": self.kind, "compression": self.compression or "none"}
        if self.encoding:
            found["encoding"] = self.encoding
        if self.dialect:
            found["delimiter"], found["header"] = self.dialect.delimiter, self.dialect.has_header
        return found


def recognise(landed: Path, folder: Path, known: Collection[str] = ()) -> Recognised:
    """Look at a whole file; `folder` is for packed Parquet, `known` are names that a contract has for its fields.

    Raises Refused for a file that is none of the formats, or that is damaged: whatever is wrong with it as a whole is
    found here, before any of its rows is taken.
    """
    file, compression = plain.unpacked(landed)
    if plain.is_parquet(file):
        stored = plain.on_disk(file, folder)
        columns = parquet.names(stored)
        parquet.require_readable(stored)
        return Recognised(stored, "parquet", compression, names=columns)
    encoding = text.encoding(file)
    head = _head(file, encoding)
    if not head.strip():
        raise Refused("holds no text but white space")
    if head.lstrip()[0] in "{[":
        if json_text.is_lines(file, encoding):
            return Recognised(file, "ndjson", compression, encoding)
        json_text.require_document(file, encoding)
        return Recognised(file, "json", compression, encoding)
    dialect = _dialect(head, known)
    return Recognised(file, "csv", compression, encoding, dialect, dialect.names)


def _head(file: Plain, encoding: str) -> str:
    data = b""
    for piece in text.pieces(file, encoding):
        data += piece
        if len(data) >= _SAMPLE_BYTES:
            # The last line may be cut off.
            data = data[: max(data.rfind(b"\n"), data.rfind(b"\r"), 0) or _SAMPLE_BYTES]
            break
    return data.decode("utf-8", "surrogateescape")


def _dialect(head: str, known: Collection[str]) -> Dialect:
    skipped = 0
    separator = _SEPARATOR_LINE.match(head)
    if separator:
        head, skipped = head[separator.end() :], 1
    quote = "'" if '"' not in head and _is_single_quoted(head) else '"'
    delimiter = separator[1] if separator else _delimiter(head, quote)
    records = _sample(head, delimiter, quote)
    first = next(records, [])
    has_header = bool(names.matched(names.unique(first), known)) or _is_header(first)
    if has_header:
        _require_quoted(head, delimiter, quote)
    width = len(first)
    if width > _MAX_COLUMNS:
        raise Refused(f"has {width} columns; a table here has at most {_MAX_COLUMNS}")
    # A byte that is no text is shown as it is written in Python.
    readable = [name.encode("utf-8", "backslashreplace").decode() for name in first]
    columns = names.unique(readable if has_header else [""] * width)
    return Dialect(delimiter, quote, tuple(columns), has_header, skipped)


def _is_single_quoted(head: str) -> bool:
    lines = head.splitlines()[:_SAMPLE_RECORDS]
    return sum(bool(_SINGLE_QUOTED.search(line)) for line in lines) > 0.9 * len(lines)


def _delimiter(head: str, quote: str) -> str:
    """The one that gives most records as many fields as the first has, more than one; the comma if none does."""
    best, score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(record) for record in islice(_sample(head, delimiter, quote), _SAMPLE_RECORDS)]
        if not widths or widths[0] < 2:
            continue
        share = Counter(widths)[widths[0]] / len(widths)
        # A header that has a delimiter more often says more than a few broken rows.
        if (round(share, 1), widths[0]) > score:
            best, score = delimiter, (round(share, 1), widths[0])
    return best


def _sample(head: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        yield from (record for record in reader if record)
    except csv.Error:
        return


def _require_quoted(head: str, delimiter: str, quote: str) -> None:
    """Raises Refused for a header that nobody can read."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, quotechar=quote, strict=True)
    try:
        next((record for record in reader if record), None)
    except csv.Error as error:
        raise Refused(f"has a header that is not well quoted: {error}") from None


def _is_header(first: list[str]) -> bool:
    """Whether a first record names columns: texts, none of which is a value."""
    cells = [cell.strip() for cell in first]
    return any(cells) and not any(_is_value(cell) for cell in cells)


def _is_value(cell: str) -> bool:
    if not cell:
        return False
    is_number = type(text_values.number(cell.replace(",", "."))) is not str
    return is_number or bool(_DATE_LIKE.fullmatch(cell)) or cell.lower() in ("true", "false") or "@" in cell
