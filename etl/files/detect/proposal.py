"""A contract written from what a file holds. YAML by hand: the job has no library for it, and it needs comments."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from etl.files.detect import meanings
from etl.files.detect.profile import Column, Profile

_KEY_NAME = re.compile(r"(?:^|_)(?:id|uuid|guid|key|number|no|nr|code|sku|ref)$|[a-z]I[dD]$", re.IGNORECASE)
_TIME_NAMES = ("event_time", "timestamp", "occurred_at", "event_timestamp", "created_at", "ordered_at", "time")
_NOT_NEGATIVE = re.compile(
    r"price|amount|quantity|qty|count|total|age|cost|duration|size|length|weight|height|seconds|views|clicks",
    re.IGNORECASE,
)
_MAX_PRECISION = 15
_SPARE_DIGITS = 3
_MAX_KEY_LENGTH = 128
_ENUM_VALUES, _ENUM_ROWS, _ENUM_REPEATS, _ENUM_LENGTH = 20, 100, 20, 64


@dataclass(frozen=True)
class _Choice:
    """Which columns play a part of their own; None where one has to be added."""

    key: str | None
    time: str | None


def proposal(found: Profile, source: str, file_name: str) -> str:
    """The text of a contract by which every readable row is good."""
    usable = {name: column for name, column in found.columns.items() if column.kind}
    left = found.unnamed | {
        column.name: "its values are of several types, or objects and lists; one field has one simple type"
        for name, column in found.columns.items()
        if not column.kind
    }
    choice = _Choice(_key(usable, found.rows, source), _time(usable, found.rows))
    lines = [
        f"# Written by looking at {_quoted(file_name)}: {found.rows} rows, {len(found.columns)} columns.",
        "# It says what these rows have in common. Read it before you trust it: types, keys, limits and personal data",
        "# are guesses from one file. Once it is in sources/ and deployed, the next run takes in what landed before.",
    ]
    if found.unreadable:
        lines.append(f"# {found.unreadable} records of the file could not be read at all; they will be bad rows.")
    for name, reason in left.items():
        lines.append(f"# {_quoted(name)} is no field, and is kept in the column extra: {reason}.")
    lines += [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {source}",
        f"name: {_quoted(source.replace('_', ' ').capitalize())}",
        "version: 1.0.0",
        "status: draft",
        "description:",
        f"  purpose: {_quoted(f'Rows of files such as {file_name}.')}",
        "",
        "schema:",
        f"  - name: {source}",
        "    logicalType: object",
        "    properties:",
    ]
    names = {name.lower() for name in usable}
    key, time = choice.key or _free("event_id", names), choice.time or _free("event_time", names)
    if choice.key is None:
        lines += _added_key(key)
    for name, column in usable.items():
        lines += _property(name, column, found.rows, is_key=name == choice.key)
    if choice.time is None:
        lines += _added_time(time, usable)
    lines += [
        "",
        "slaProperties:",
        "  - property: retention",
        "    value: 365",
        "    unit: d",
        "    description: Files and processed rows are deleted after this time.",
        "",
        "# Rows come in files alone. docs/contracts.md says what a path of the API needs beside.",
        "customProperties:",
        "  - property: delivery",
        "    value: files",
        "  - property: eventTime",
        f"    value: {time}",
    ]
    return "\n".join(lines) + "\n"


def _key(columns: dict[str, Column], rows: int, source: str) -> str | None:
    """The column whose values tell rows apart, if one's name says so as well."""

    def may_be(name: str, column: Column) -> bool:
        is_string = column.kind == "string" or (column.is_text and column.kind == "integer")
        return (
            is_string
            and column.values == rows
            and 1 <= column.shortest <= column.longest <= _MAX_KEY_LENGTH
            and bool(_KEY_NAME.search(name))
        )

    candidates = [name for name, column in columns.items() if may_be(name, column) and column.is_unique]
    own = ("event_id", "id", "uuid", f"{source}_id", f"{source.removesuffix('s')}_id")
    return min(candidates, key=lambda name: (name.lower() not in own, list(columns).index(name)), default=None)


def _time(columns: dict[str, Column], rows: int) -> str | None:
    """The moment that a row tells of: a column of moments that every row has."""
    candidates = [name for name, column in columns.items() if column.kind == "timestamp" and column.values == rows]
    return min(
        candidates,
        key=lambda name: _TIME_NAMES.index(name.lower()) if name.lower() in _TIME_NAMES else len(_TIME_NAMES),
        default=None,
    )


def _property(name: str, column: Column, rows: int, *, is_key: bool) -> Iterator[str]:
    kind = "string" if is_key else column.kind
    meaning = "" if kind != "string" or column.markers else _meaning(name, column)
    personal = column.types <= {"string"} and meanings.is_personal(name, column.meanings if column.values else set())
    for comment in _comments(column, kind):
        yield f"      # {comment}"
    yield f"      - name: {name}"
    yield f"        logicalType: {'number' if kind == 'decimal' else kind}"
    if kind == "decimal":
        precision = min(_MAX_PRECISION, column.whole_digits + column.scale + _SPARE_DIGITS)
        yield f"        physicalType: decimal({precision},{column.scale})"
    if is_key:
        yield "        primaryKey: true"
    if column.values == rows:
        yield "        required: true"
    if personal:
        yield "        classification: restricted"
    yield f"        description: {_quoted(_description(name, column, meaning))}"
    if options := _options(name, column, kind, meaning, is_key):
        yield f"        logicalTypeOptions: {{{options}}}"
    if not is_key and not personal and not meaning and kind == "string" and (values := _enumeration(column)):
        yield "        enum:"
        yield from (f"          - value: {_quoted(value)}" for value in values)


def _meaning(name: str, column: Column) -> str:
    if not column.values:
        return ""
    return meanings.meaning(name, column.meanings, set(column.distinct) if column.distinct else None)


def _description(name: str, column: Column, meaning: str) -> str:
    own = "" if column.name == name else f"The column {column.name!r} of the file. "
    return f"{own}{meaning[:1].upper()}{meaning[1:]}{'.' if meaning else ''}".strip() or f"Column {name}."


def _options(name: str, column: Column, kind: str, meaning: str, is_key: bool) -> str:
    options = []
    if is_key:
        options += ["minLength: 1", f"maxLength: {_MAX_KEY_LENGTH}"]
    if kind == "string" and meaning in meanings.CERTAIN:
        options.append(f"pattern: {_quoted(meanings.PATTERNS[meaning])}")
    if kind in ("integer", "decimal", "number") and _NOT_NEGATIVE.search(name) and 0 <= column.smallest < float("inf"):
        options.append("minimum: 0")
    return ", ".join(options)


def _enumeration(column: Column) -> list[str]:
    distinct: dict[str, int] = column.distinct or {}
    if not 2 <= len(distinct) <= _ENUM_VALUES or column.longest > _ENUM_LENGTH or column.types != {"string"}:
        return []
    enough = column.values >= max(_ENUM_ROWS, _ENUM_REPEATS * len(distinct))
    return sorted(distinct) if enough else []


def _comments(column: Column, kind: str) -> Iterator[str]:
    if not column.values:
        yield "It has no value in this file, so that its type is not known."
    if kind == "string" and column.markers and column.kind_without_markers != "string":
        said = ", ".join(f"{_quoted(text)} ({times} times)" for text, times in column.markers.most_common(3))
        yield f"It would be of type {column.kind_without_markers}, but for {said}: leave such fields empty instead."
    if kind == "string" and column.values and not column.markers:
        for pattern, fix in (
            ("number with a decimal comma", "kept as texts; write them with a point and no separators to have numbers"),
            ("date as day.month.year", "kept as texts; write them as 2026-03-14 to have dates"),
            ("date with slashes", "kept as texts, for nobody can tell day from month; write them as 2026-03-14"),
        ):
            if pattern in column.meanings:
                yield f"All values look like a {pattern}: {fix}."
                return


def _added_key(name: str) -> list[str]:
    return [
        "      # No column tells all rows apart. A row without this field is known by its file and its place in it, so",
        "      # that the same row in another file is another row. Make a column the key if its values never repeat.",
        f"      - name: {name}",
        "        logicalType: string",
        "        primaryKey: true",
        '        description: "Given by the platform: the id of the file and the number of the row in it."',
    ]


def _added_time(name: str, columns: dict[str, Column]) -> list[str]:
    days = [other for other, column in columns.items() if column.kind == "date"]
    hint = f" {', '.join(days)} {'is a date' if len(days) == 1 else 'are dates'}, not moments." if days else ""
    return [
        f"      # No column has a moment in every row.{hint} A row without this field happened when its file landed.",
        f"      - name: {name}",
        "        logicalType: timestamp",
        '        description: "When it happened; the moment at which the file landed, where it is not given."',
    ]


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _quoted(text: str) -> str:
    """A text as a double-quoted scalar, on one line; what YAML allows no file to hold is escaped."""
    return "".join(
        character if character.isprintable() or character == " " else f"\\u{ord(character):04x}"
        for character in json.dumps(text, ensure_ascii=False)
    )
