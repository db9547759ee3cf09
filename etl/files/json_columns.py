"""Lines of JSON objects that all look alike, read as whole columns by Arrow's CSV reader.

Cut at its quotation marks, `{"id":"a","n":2}` has the cells `{`, `id`, `:`, `a`, `,`, `n`, `:2}`. What lies between
strings is the same in every such line but for numbers and words, so that equal cells prove that a line is an object
with these names in this order. What a line holds otherwise, such as another order, is left to a JSON parser.
"""

import io
import json
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from etl.files import text
from etl.files.records import MAX_RECORD_BYTES

_WORD = re.compile(r"[-+.0-9A-Za-z]+")
_CONSTANT = pa.dictionary(pa.int32(), pa.string())


@dataclass
class JsonColumns:
    """The values of some lines by name: of strings what is between the quotation marks, of all else what is written."""

    strings: dict[str, pa.Array]
    words: dict[str, pa.Array]
    """Numbers, `true`, `false` and `null`."""
    is_read: npt.NDArray[np.bool_]
    """Which lines were read; the values of the others are empty."""

    @property
    def names(self) -> set[str]:
        """The names of all columns."""
        return {*self.strings, *self.words}


@dataclass(frozen=True)
class _Cell:
    """A cell of a line: what is the same in all lines before and after a word, or a whole string."""

    name: str = ""
    """Of the value in it; empty where there is none."""
    before: str = ""
    after: str = ""
    is_string: bool = False


def read(block: bytes) -> JsonColumns | None:
    """The lines of a block, each of which ends with a newline, or may; None unless they look like the first."""
    rows = block.count(b"\n") + (not block.endswith(b"\n"))
    data = np.frombuffer(block, np.uint8)
    # A control character in a string is not JSON; a carriage return would end a line for the CSV reader.
    if np.count_nonzero(data < ord(" ")) != block.count(b"\n") or _longest(data) > MAX_RECORD_BYTES:
        return None
    if not text.is_utf_8(block):
        return None
    cells = _cells(block.split(b"\n", 1)[0].decode())
    if cells is None:
        return None
    skipped: list[int] = []
    try:
        table = _table(block, cells, skipped)
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(skipped) != rows:
        return None
    columns, is_alike = _values(table, cells)
    columns.is_read = is_alike
    if skipped:
        columns = _spread(columns, skipped, rows)
    if b"\\" in block:
        _unescape(columns, _lines_with_escape(data))
    return columns


def _longest(data: npt.NDArray[np.uint8]) -> int:
    return int(np.diff(np.flatnonzero(data == ord("\n")), prepend=-1, append=len(data)).max())


def _cells(line: str) -> list[_Cell] | None:
    """How the cells of a line are to be read; None if it is no object of strings, numbers and words."""
    parts = line.split('"')
    if len(parts) < 3 or len(parts) % 2 == 0 or parts[0].strip(" ") != "{":
        return None
    cells, names, at = [_Cell(before=parts[0])], [], 1
    while at < len(parts):
        name, rest = parts[at], parts[at + 1]
        if "\\" in name or not rest.lstrip(" ").startswith(":"):
            return None
        names.append(name)
        cells.append(_Cell(before=name))
        if rest.strip(" ") == ":":
            if at + 3 >= len(parts):
                return None
            ending = parts[at + 3]
            cells += [_Cell(before=rest), _Cell(name, is_string=True), _Cell(before=ending)]
            at += 4
        else:
            word = _WORD.search(rest)
            if word is None or rest[: word.start()].strip(" ") != ":":
                return None
            ending = rest[word.end() :]
            cells.append(_Cell(name, rest[: word.start()], ending))
            at += 2
        if ending.strip(" ") != ("}" if at >= len(parts) else ","):
            return None
    return cells if len(set(names)) == len(names) else None


def _table(block: bytes, cells: list[_Cell], skipped: list[int]) -> pa.Table:
    """The block's lines that have as many cells; `skipped` takes the places of the others."""
    names = [str(number) for number in range(len(cells))]

    def skip(row: pacsv.InvalidRow) -> str:
        skipped.append(row.number - 1)
        return "skip"

    return pacsv.read_csv(
        io.BytesIO(block),
        read_options=pacsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
        parse_options=pacsv.ParseOptions(
            delimiter='"', quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={
                name: pa.string() if cell.name else _CONSTANT for name, cell in zip(names, cells, strict=True)
            },
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _values(table: pa.Table, cells: list[_Cell]) -> tuple[JsonColumns, npt.NDArray[np.bool_]]:
    """The columns, and which rows have in every other cell what the first line has."""
    columns = JsonColumns({}, {}, np.ones(0, np.bool_))
    is_alike = np.ones(table.num_rows, np.bool_)
    for number, cell in enumerate(cells):
        column = table[number].combine_chunks()
        if cell.is_string:
            columns.strings[cell.name] = column
        elif cell.name:
            columns.words[cell.name], has_word = _word(column, cell)
            is_alike &= has_word
        elif column.dictionary.to_pylist() != [cell.before]:
            is_alike &= np.asarray(pc.equal(column.cast(pa.string()), cell.before))
    return columns, is_alike


def _word(column: pa.Array, cell: _Cell) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    starts, ends = pc.starts_with(column, cell.before), pc.ends_with(column, cell.after)
    words = pc.utf8_slice_codeunits(column, len(cell.before), -len(cell.after))
    return words, np.asarray(pc.and_(starts, ends))


def _lines_with_escape(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    ends = np.flatnonzero(data == ord("\n"))
    return np.unique(np.searchsorted(ends, np.flatnonzero(data == ord("\\"))))


def _unescape(columns: JsonColumns, lines: npt.NDArray[np.int64]) -> None:
    """Resolve the escapes (`\\u00e9`) in the strings of some lines; a line where one makes no text is not read."""
    for name, column in columns.strings.items():
        some = column.take(pa.array(lines)).dictionary_encode()
        if "\\" not in "".join(some.dictionary.to_pylist()):
            continue
        texts = pa.array([_text(value) for value in some.dictionary.to_pylist()], pa.string())
        values = pa.DictionaryArray.from_arrays(some.indices, texts).dictionary_decode()
        columns.is_read[lines[~np.asarray(values.is_valid())]] = False
        is_there = np.zeros(len(column), np.bool_)
        is_there[lines] = True
        columns.strings[name] = pc.replace_with_mask(column, pa.array(is_there), pc.fill_null(values, ""))


def _text(escaped: str) -> str | None:
    """A JSON string's value; None if it is not one, or no text, as a half of a surrogate pair is none."""
    try:
        value = json.loads(f'"{escaped}"')
        value.encode()
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _spread(columns: JsonColumns, skipped: list[int], rows: int) -> JsonColumns:
    """The columns with empty values for the lines that were skipped."""
    is_there = np.ones(rows, np.bool_)
    is_there[skipped] = False
    places = pa.array(np.cumsum(is_there) - 1, mask=~is_there)

    def spread(column: pa.Array) -> pa.Array:
        return pc.fill_null(column.take(places), "")

    is_read = np.zeros(rows, np.bool_)
    is_read[is_there] = columns.is_read
    return JsonColumns(
        {name: spread(column) for name, column in columns.strings.items()},
        {name: spread(column) for name, column in columns.words.items()},
        is_read,
    )
