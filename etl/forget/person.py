"""Whose events are erased: whether an event, a row of a table, or a text is of the person."""

import json
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.files import names
from etl.forget.contract import KeyField, UnfitKey

_PLAIN = re.compile(r"[A-Za-z0-9 .,:;@_+()/-]+")
_WORD = b"[0-9A-Za-z_]"


class Person:
    """One value of one field. A name is the field's however it is written: `customerId`, `Customer_ID`."""

    def __init__(self, field: KeyField, value: str, pseudonym: str | None = None) -> None:
        """`pseudonym` is what stands for the value in the tables, where the contract hashes the field.

        Raises UnfitKey for a value that the field cannot have.
        """
        self._number = _number(value) if field.is_number else None
        if not value or (field.is_number and (self._number is None or self._number % 1 != 0)):
            wanted = "a whole number" if field.is_number else "a text that is not empty"
            raise UnfitKey(f"{field.name!r} takes {wanted}, and the value is none")
        self.field = field
        self._texts = {value} | ({pseudonym} if pseudonym else set())
        self._names = {_bare(name) for name in (*field.names, field.column)}
        forms = {text.encode() for text in self._texts} | {json.dumps(text)[1:-1].encode() for text in self._texts}
        self._in_text = re.compile(b"(?<!%b)(?:%b)(?!%b)" % (_WORD, b"|".join(map(re.escape, sorted(forms))), _WORD))
        # JSON can spell any character in another way, and none of these in more than one way beside that.
        plain = not field.is_number and all(_PLAIN.fullmatch(text) and "/" not in text for text in self._texts)
        self._needles = tuple(text.encode() for text in self._texts) if plain else None

    def may_be_in(self, data: bytes) -> bool:
        """Whether some JSON has to be read to know whether the person is in it."""
        return self._needles is None or b"\\u" in data or any(needle in data for needle in self._needles)

    def has(self, event: dict[str, Any]) -> bool:
        """Whether an event, or a row as JSON, is the person's. Keys of objects within it are not looked at."""
        if any(self._is_value(value) for name, value in event.items() if _bare(name) in self._names):
            return True
        extra = event.get("extra")
        return isinstance(extra, str) and self._in_object(extra)

    def is_in_text(self, data: bytes) -> bool:
        """Whether the value stands in something that nobody can read as an event, as a word of its own."""
        return bool(self._in_text.search(data))

    def without(self, data: bytes) -> bytes:
        """A text with something else in place of the value."""
        return self._in_text.sub(b"[erased]", data)

    def rows(self, table: pa.Table) -> pa.Array:
        """Which rows of a table are the person's, one boolean a row."""
        found = pa.array([False] * table.num_rows, pa.bool_())
        for name in table.column_names:
            if _bare(name) in self._names:
                found = pc.or_(found, self._in_column(table[name]))
        if "extra" in table.column_names:
            found = pc.or_(found, self._in_extra(table["extra"]))
        return found

    def columns(self, available: list[str]) -> list[str]:
        """Those columns of a table that `rows` looks at."""
        return [name for name in available if name == "extra" or _bare(name) in self._names]

    def bounds(self) -> set[bytes]:
        """How Iceberg writes the value as a bound of a column (https://iceberg.apache.org/spec/#appendix-d-single-value-serialization)."""
        if self._number is not None:
            return {int(self._number).to_bytes(8, "little", signed=True)}
        return {text.encode() for text in self._texts}

    def _is_value(self, value: Any) -> bool:
        if self._number is not None:
            return _number(value) == self._number
        text = value if isinstance(value, str) else json.dumps(value) if type(value) in (int, float) else None
        return text in self._texts

    def _in_column(self, column: pa.ChunkedArray) -> pa.Array:
        column = column.combine_chunks()
        if self._number is not None and pa.types.is_integer(column.type):
            found = pc.equal(column, pa.scalar(int(self._number), column.type))
        elif self._number is None and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            found = pc.is_in(column, pa.array(sorted(self._texts), column.type))
        else:
            found = pa.array([self._is_value(value) for value in column.to_pylist()], pa.bool_())
        return pc.fill_null(found, False)

    def _in_extra(self, column: pa.ChunkedArray) -> pa.Array:
        """Fields without a column of their own: an alias that came beside the field, and what is written like it."""
        return pa.array([text is not None and self._in_object(text) for text in column.to_pylist()], pa.bool_())

    def _in_object(self, text: str) -> bool:
        if not self.may_be_in(text.encode()):
            return False
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return self.is_in_text(text.encode())
        return isinstance(found, dict) and self.has(found)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() and abs(found) < 2**63 else None


@lru_cache(maxsize=10_000)
def _bare(name: str) -> str:
    return names.field_name(name).lower().replace("_", "")
