"""What the columns of a file hold: every record is looked at once, in bounded memory."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.files import columns, events, json_text, names
from etl.files.detect import meanings
from etl.files.recognise import Recognised
from etl.files.records import Refused

KINDS = ("boolean", "integer", "decimal", "number", "date", "timestamp")
"""What a column of texts may be, the narrowest first; else it is strings."""
MAX_COLUMNS = 1000
_MAX_DISTINCT = 50
_MAX_DIGITS = 15
_MARKERS = pa.array(["NULL", "null", "N/A", "n/a", "NA", "None", "none", "NaN", "nan", "-", "?", "\\N"])
"""Texts by which people say that there is nothing; a table takes them for texts."""
_LEADING_ZERO = r"^-?0[0-9]+"
_PLAIN_DECIMAL = r"^-?[0-9]+(?:\.[0-9]+)?$"
_WORDS = ("y", "yes", "t", "true"), ("n", "no", "f", "false")


@dataclass
class Column:
    """One column: how many values it has, and what all of them are."""

    name: str
    is_text: bool
    """Whether its values are texts of a delimited file, which may stand for numbers."""
    values: int = 0
    kinds: set[str] = field(default_factory=lambda: set(KINDS))
    """Kinds that all values are, but for markers of nothing."""
    types: set[str] = field(default_factory=set)
    """JSON types of the values: string, integer, number, boolean, nested."""
    markers: Counter[str] = field(default_factory=Counter)
    whole_digits: int = 0
    fraction_digits: int = 0
    longest: int = 0
    shortest: int = 1 << 31
    smallest: float = float("inf")
    distinct: Counter[Any] | None = field(default_factory=Counter)
    """How often each value comes; None once there are many."""
    meanings: set[str] = field(default_factory=lambda: set(meanings.PATTERNS))
    """Patterns that all values match."""
    _hashes: list[np.ndarray] | None = field(default_factory=list)

    @property
    def is_unique(self) -> bool:
        """Whether no value comes twice."""
        if not self._hashes:
            return False
        hashes = np.concatenate(self._hashes)
        return len(np.unique(hashes)) == len(hashes)

    def add(self, column: pa.Array) -> None:
        """Take some values in, all but nulls and, in a delimited file, empty texts."""
        if self.is_text:
            column = column.filter(pc.not_equal(column, ""))
        else:
            column = column.drop_null()
            if pa.types.is_dictionary(column.type):
                column = column.dictionary_decode()
        if not len(column):
            return
        self.values += len(column)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            self.types.add("string")
            self._add_texts(column.cast(pa.string()))
        else:
            self._add_typed(column)

    def add_json(self, values: list[Any]) -> None:
        """Take values of JSON in, none of them null."""
        by_type: dict[type, list[Any]] = {}
        for value in values:
            by_type.setdefault(type(value), []).append(value)
        self.values += len(values)
        for kind, some in by_type.items():
            if kind is str:
                self.types.add("string")
                self._add_texts(_texts(some))
            elif kind is bool:
                self.types.add("boolean")
                self._count(some)
            elif kind is int:
                fits = all(-(2**63) <= value < 2**63 for value in some)
                self.types.add(
                    "integer" if fits else "number" if all(abs(value) < 2**1023 for value in some) else "nested"
                )
                self._add_numbers([repr(value) for value in some])
            elif kind is float:
                # What is infinite, as 1e999, is bad whatever the contract says.
                finite = [value for value in some if value - value == 0]
                self.types |= {"number"} if finite else set()
                self._add_numbers([repr(value) for value in finite])
            else:
                self.types.add("nested")

    def _add_typed(self, column: pa.Array) -> None:
        kind = column.type
        if pa.types.is_boolean(kind):
            self.types.add("boolean")
            self._count(column.to_pylist())
        elif pa.types.is_integer(kind) and columns.of_type("integer", column).sure.true_count == len(column):
            self.types.add("integer")
            self._add_numbers(column.cast(pa.string()).to_pylist())
        elif pa.types.is_decimal128(kind):
            self.types.add("decimal")
            self._add_numbers([format(value, "f") for value in column.to_pylist()])
        elif pa.types.is_date32(kind) and columns.of_type("date", column).sure.true_count == len(column):
            self.types.add("date")
        elif pa.types.is_timestamp(kind) and columns.of_type("timestamp", column).sure.true_count == len(column):
            self.types.add("timestamp")
        else:
            self.values -= len(column)
            self.add_json(events.json_values(column))

    def _add_texts(self, texts: pa.Array) -> None:
        lengths = pc.min_max(pc.utf8_length(texts)).as_py()
        self.shortest, self.longest = min(self.shortest, lengths["min"]), max(self.longest, lengths["max"])
        self._count(texts.to_pylist())
        is_marker = pc.is_in(texts, value_set=_MARKERS)
        if pc.any(is_marker).as_py():
            self.markers.update(texts.filter(is_marker).to_pylist())
        texts = texts.filter(pc.invert(is_marker))
        if not len(texts):
            return
        for name in list(self.meanings):
            if not pc.all(pc.match_substring_regex(texts, meanings.PATTERNS[name])).as_py():
                self.meanings.discard(name)
        self._narrow(texts)

    def _narrow(self, texts: pa.Array) -> None:
        """Keep the kinds that these texts are as well."""
        if not self.is_text:
            self.kinds &= {"date", "timestamp"}
            # JSON's own check takes no text with spaces around.
            if not pc.all(pc.equal(texts, pc.utf8_trim(texts, characters=" \t"))).as_py():
                self.kinds.clear()
        trimmed = pc.utf8_trim(texts, characters=" \t")
        if (
            self.kinds & {"integer", "decimal", "number"}
            and pc.any(pc.match_substring_regex(trimmed, _LEADING_ZERO)).as_py()
        ):
            self.kinds -= {"integer", "decimal", "number"}
        if "decimal" in self.kinds:
            if pc.all(pc.match_substring_regex(trimmed, _PLAIN_DECIMAL)).as_py():
                self._add_numbers(trimmed.to_pylist())
            else:
                self.kinds.discard("decimal")
        for kind in sorted(self.kinds - {"decimal"}):
            if not pc.all(columns.of_text(kind, texts).sure).as_py():
                self.kinds.discard(kind)

    def _add_numbers(self, texts: list[str]) -> None:
        for text in texts:
            whole, _, fraction = text.lstrip("-").partition(".")
            if "e" in fraction or "e" in whole or "n" in whole:
                self.fraction_digits = max(self.fraction_digits, _MAX_DIGITS)
            self.whole_digits = max(self.whole_digits, len(whole))
            self.fraction_digits = max(self.fraction_digits, len(fraction))
        if len(texts) and self.smallest >= 0:
            self.smallest = min(self.smallest, min(map(float, texts)))

    def _count(self, values: list[Any]) -> None:
        if self.distinct is not None:
            self.distinct.update(values)
            if len(self.distinct) > _MAX_DISTINCT:
                self.distinct = None
        if self._hashes is not None:
            hashes = np.fromiter(map(hash, values), np.int64, len(values))
            if len(np.unique(hashes)) < len(hashes):
                self._hashes = None
            else:
                self._hashes.append(hashes)

    @property
    def scale(self) -> int:
        """Digits after the point: two at least, for who writes 9.5 may write 9.95 as well."""
        return max(2, self.fraction_digits)

    @property
    def kind(self) -> str:
        """What the column's field is; empty if its values are of several types, so that no field can take them."""
        if self.types == {"string"} or not self.types:
            return self._kind_of_texts() if not self.markers and self.types else "string"
        if self.types == {"decimal"}:
            return "decimal" if self.whole_digits + self.scale <= _MAX_DIGITS else "number"
        if self.types <= {"integer", "number"}:
            if self.types == {"integer"}:
                return "integer"
            is_money = 0 < self.fraction_digits <= 2 and self.whole_digits + self.scale <= _MAX_DIGITS
            return "decimal" if is_money else "number"
        return next(iter(self.types)) if len(self.types) == 1 and "nested" not in self.types else ""

    @property
    def kind_without_markers(self) -> str:
        """What the column's field would be if its markers of nothing were empty."""
        return self._kind_of_texts()

    def _kind_of_texts(self) -> str:
        found = next((kind for kind in KINDS if kind in self.kinds), "string")
        if found == "boolean" and not self._says_yes_and_no():
            found = next((kind for kind in KINDS[1:] if kind in self.kinds), "string")
        if found == "decimal" and not (0 < self.fraction_digits <= 4 and self.whole_digits + self.scale <= _MAX_DIGITS):
            found = "number"
        return found if found != "number" or "number" in self.kinds else "string"

    def _says_yes_and_no(self) -> bool:
        said = {str(value).strip(" \t").lower() for value in self.distinct or ()}
        return all(said.intersection(words) for words in _WORDS) and said <= {*_WORDS[0], *_WORDS[1]}


@dataclass
class Profile:
    """All columns of a file, and how many records it has."""

    columns: dict[str, Column]
    """By the name of the field that each would be."""
    rows: int
    unreadable: int
    unnamed: dict[str, str]
    """Columns for which there can be no field, with the reason."""


def profile(found: Recognised) -> Profile:
    """Look at all records of a file. Raises Refused for one without any."""
    made = Profile({}, 0, 0, {})
    renaming = events.Renaming(None)
    fields = names.field_names(found.names) if found.names is not None else {}
    for name, target in fields.items():
        made.columns[target] = Column(name, is_text=found.kind == "csv")
    for batch in found.batches():
        batch = json_text.parsed(batch) if batch.block else batch
        made.rows += len(batch.numbers)
        made.unreadable += len(batch.bad)
        if batch.columns is not None:
            for name, column in batch.columns.items():
                made.columns[fields[name]].add(column)
        else:
            objects = [renaming.apply(event) for event in batch.events or [] if type(event) is dict]
            made.rows -= len(batch.numbers) - len(objects)
            made.unreadable += len(batch.numbers) - len(objects)
            _add_objects(made, objects)
    for name, target in renaming.found.items():
        if target in made.columns:
            made.columns[target].name = name
    if not made.rows:
        raise Refused("holds no record that could be read")
    return made


def _add_objects(made: Profile, objects: list[dict[str, Any]]) -> None:
    values: dict[str, list[Any]] = {}
    for event in objects:
        for name, value in event.items():
            if value is not None:
                values.setdefault(name, []).append(value)
            elif name not in values:
                values[name] = []
    taken = {name.lower(): name for name in made.columns}
    for name, some in values.items():
        if name not in made.columns and name not in made.unnamed:
            if names.field_name(name) != name:
                made.unnamed[name] = "another one has the name that its field would have"
            elif name.lower() in taken:
                made.unnamed[name] = f"it differs from {taken[name.lower()]!r} in case alone"
            elif len(made.columns) >= MAX_COLUMNS:
                made.unnamed[name] = f"there are {MAX_COLUMNS} others"
            else:
                made.columns[name] = Column(name, is_text=False)
                taken[name.lower()] = name
        if name in made.columns:
            made.columns[name].add_json(some)


def _texts(values: list[str]) -> pa.Array:
    return pa.array([value.encode("utf-8", "replace").decode() for value in values], pa.string())
