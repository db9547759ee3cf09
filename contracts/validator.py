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


def _text(value):
    if type(value) is str:
        return quote(value)
    return repr(value) if type(value) is int else _encode(value)
"""

_HIDDEN = " and name.lower() not in HIDDEN"
_UNKNOWN_FIELDS = """\
    if others or not FIELDS.issuperset(event):
        unknown = [(name, value) for name, value in event.items() if name not in FIELDS{and_not_hidden}]
        unknown += others.items()
    else:
        unknown = []
    if unknown:
        try:
            row["extra"] = "{{" + ",".join([quote(name) + ":" + _text(value) for name, value in unknown]) + "}}"
            row["extra"].encode()
        except (ValueError, RecursionError):
            field = unknown[0][0].encode(errors="replace").decode()
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
    rules = _rules(field)
    return [
        f"    value = event.get({field.name!r})",
        *aliased,
        f"    if {' and '.join([*_plainly(field), *(condition for condition, _ in rules)])}:",
        f"        row[{field.column!r}] = value",
        "    elif value is None:",
        absent,
        "    else:",
        "        try:",
        f"            value = {_conversion(field)}",
        *(f"            if not ({condition}): raise Refused({reason!r})" for condition, reason in rules),
        f"            row[{field.column!r}] = value",
        "        except Refused as refused:",
        f'            errors.append({{"field": {field.name!r}, "reason": str(refused)}})',
    ]


def _plainly(field: Field) -> list[str]:
    """Conditions under which a value, if it keeps its limits, is what the conversion makes of it."""
    if field.type is FieldType.DECIMAL:
        bound = _bound(field)
        return ["type(value) is float", f"-{bound} < value < {bound}", f"round(value, {field.scale}) == value"]
    return {
        FieldType.STRING: ["type(value) is str", "value.isascii()"],
        FieldType.INTEGER: ["type(value) is int", "-_INT64 <= value < _INT64"],
        FieldType.NUMBER: ["type(value) is float", "value - value == 0"],
        FieldType.BOOLEAN: ["type(value) is bool"],
    }.get(field.type, ["False"])


def _conversion(field: Field) -> str:
    value = "numeric(value)" if field.numeric_strings else "value"
    if field.type is FieldType.DECIMAL:
        value = f"rounded({value}, {field.scale})" if field.rounded else value
        return f"decimal({value}, {field.scale}, {_bound(field)})"
    if field.epoch_unit:
        return f"epoch({value}, {field.epoch_unit.per_second})"
    return f"{field.type.value}({value})"


def _bound(field: Field) -> int:
    bound: int = 10 ** (field.precision - field.scale)
    return bound


def _rules(field: Field) -> list[tuple[str, str]]:
    """What must be true of a converted value, and the reason that is given if it is not."""
    limits = [
        (field.min_length, "len(value) >= {}", "must have at least {} characters"),
        (field.max_length, "len(value) <= {}", "must have at most {} characters"),
        (field.minimum, "value >= {}", "must be {} or more"),
        (field.maximum, "value <= {}", "must be {} or less"),
        (field.exclusive_minimum, "value > {}", "must be more than {}"),
        (field.exclusive_maximum, "value < {}", "must be less than {}"),
    ]
    rules = [
        (condition.format(repr(limit)), reason.format(limit))
        for limit, condition, reason in limits
        if limit is not None
    ]
    if field.pattern:
        rules.append((f"_PATTERN_{field.column}.search(value)", f"must match {field.pattern}"))
    if field.allowed:
        reason = f"must be one of {json.dumps(field.allowed, ensure_ascii=False)}"
        rules.append((f"value in {field.allowed!r}", reason))
    return rules
