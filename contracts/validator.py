"""A contract compiled to Python source, so that a Lambda's cold start compiles no schema."""

import json
import re
from importlib import resources
from typing import Any

from . import fast_path, interest, row_writer
from .model import Contract, Field, FieldType, Unpack

_HEADER = '''"""The contract of {source}, version {version}, compiled. Not written by hand.

`check(event)` returns `(row, errors)`: the event as a table row (column to JSON value) and no errors,
or None and the list of `{{"field", "reason"}}`. `json_line(row)` writes a row.
`is_of_interest(row)` says whether the filter lets it through. `fast_row(line)` is all at once for the line of a usual
event.
"""
'''

_IMPORTS = """
import json
from json.encoder import encode_basestring as quote

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""

_HIDDEN = " and name.lower() not in HIDDEN"
_UNKNOWN_FIELDS = """\
    unknown = {{name: event[name] for name in event if name not in FIELDS{and_not_hidden}}} | others
    if unknown:
        try:
            row["extra"] = _encode(unknown)
            row["extra"].encode()
        except (ValueError, RecursionError):
            field = next(iter(unknown)).encode(errors="replace").decode()
            errors.append({{"field": field, "reason": "holds a value that is not JSON text"}})
"""


# What senders call by another name beside the field's own stays, as unknown fields do, unless it is hashed.
_ALIASES = (
    "    for alias in {names!r}:",
    "        if value is None:",
    "            value = event.get(alias)",
    "        elif event.get(alias) is not None:",
    "            others[alias] = event[alias]",
)


def source_code(contract: Contract) -> str:
    """The module that checks events of this contract; it needs the standard library alone."""
    checks = resources.files(__package__).joinpath("checks.py").read_text(encoding="utf-8")
    names = {name for field in contract.fields for name in (field.name, *field.aliases)}
    lines = [
        _HEADER.format(source=contract.source, version=contract.version),
        _without_docstring(checks),
        _IMPORTS,
        f"FIELDS = frozenset({sorted(names)!r})",
        f"PRIMARY_KEY = {contract.primary_key.column!r}",
        f"EVENT_TIME = {contract.event_time.column!r}",
        f"UNPACK = {_unpack(contract.unpack)!r}",
        f"HASHED = {contract.hashed!r}",
        f"HIDDEN = frozenset({_hidden(contract)!r})",
        *(f"_PATTERN_{field.column} = re.compile({field.pattern!r})" for field in contract.fields if field.pattern),
        "\n",
        "def check(event):",
        '    """Check one event (a JSON object as a dict) against the contract."""',
        "    row, errors, others = {}, [], {}",
        *(line for field in contract.fields for line in _field(field)),
        _UNKNOWN_FIELDS.format(and_not_hidden=_HIDDEN if contract.hashed else ""),
        "    return (None, errors) if errors else (row, errors)",
        interest.source_code(contract),
        row_writer.source_code(contract),
        fast_path.source_code(contract),
    ]
    return "\n".join(lines) + "\n"


def _hidden(contract: Contract) -> list[str]:
    """Names, in small letters, under which a value that is hashed may come; none of them is kept in `extra`."""
    return sorted({name.lower() for field in contract.fields if field.hashed for name in (field.name, *field.aliases)})


def compiled(contract: Contract) -> dict[str, Any]:
    """The module of a contract, run: its functions and values by name."""
    module: dict[str, Any] = {}
    exec(compile(source_code(contract), f"compiled/{contract.source}.py", "exec"), module)
    return module


def _unpack(unpack: Unpack | None) -> dict[str, Any] | None:
    """How the ingest function unpacks a body; None where it holds events themselves."""
    if unpack is None:
        return None
    return {"array": unpack.array, "max_events": unpack.max_events, "max_bytes": unpack.max_bytes}


def _without_docstring(module: str) -> str:
    return re.sub(r'\A""".*?"""\n', "", module, flags=re.DOTALL)


def _field(field: Field) -> list[str]:
    absent = (
        f'        errors.append({{"field": {field.name!r}, "reason": "is required"}})'
        if field.required
        else f"        row[{field.column!r}] = None"
    )
    aliased = [line.format(names=field.aliases) for line in _ALIASES] if field.aliases else []
    if field.hashed:
        aliased = aliased[:3]
    return [
        f"    value = event.get({field.name!r})",
        *aliased,
        "    if value is None:",
        absent,
        "    else:",
        "        try:",
        f"            value = {_conversion(field)}",
        *(f"            {line}" for line in _limits(field)),
        f"            row[{field.column!r}] = value",
        "        except Refused as refused:",
        f'            errors.append({{"field": {field.name!r}, "reason": str(refused)}})',
    ]


def _conversion(field: Field) -> str:
    value = "numeric(value)" if field.numeric_strings else "value"
    if field.type is FieldType.DECIMAL:
        value = f"rounded({value}, {field.scale})" if field.rounded else value
        return f"decimal({value}, {field.scale}, {10 ** (field.precision - field.scale)})"
    if field.epoch_unit:
        return f"epoch({value}, {field.epoch_unit.per_second})"
    return f"{field.type.value}({value})"


def _limits(field: Field) -> list[str]:
    rules = [
        (field.min_length, "len(value) < {}", "must have at least {} characters"),
        (field.max_length, "len(value) > {}", "must have at most {} characters"),
        (field.minimum, "value < {}", "must be {} or more"),
        (field.maximum, "value > {}", "must be {} or less"),
        (field.exclusive_minimum, "value <= {}", "must be more than {}"),
        (field.exclusive_maximum, "value >= {}", "must be less than {}"),
    ]
    lines = [
        f"if {condition.format(repr(limit))}: raise Refused({reason.format(limit)!r})"
        for limit, condition, reason in rules
        if limit is not None
    ]
    if field.pattern:
        lines.append(f"if not _PATTERN_{field.column}.search(value): raise Refused({f'must match {field.pattern}'!r})")
    if field.allowed:
        reason = f"must be one of {json.dumps(field.allowed, ensure_ascii=False)}"
        lines.append(f"if value not in {field.allowed!r}: raise Refused({reason!r})")
    return lines
