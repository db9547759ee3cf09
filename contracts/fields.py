"""One property of an ODCS schema, turned into a Field; what the platform cannot keep is refused by name."""

import re
from typing import Any

from . import field_properties, glue
from .field_properties import NAME, FieldError
from .model import Field, FieldType

DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")

JSON_EXACT_DIGITS = 15
"""Decimal digits that every JSON number keeps through a double (IEEE 754: DBL_DIG is 15)."""
MAX_DIGITS = 38
"""Decimal digits that Parquet files, Glue tables and Iceberg tables keep
(https://docs.aws.amazon.com/athena/latest/ug/data-types.html)."""

_SUPPORTED_OPTIONS = {
    FieldType.STRING: {"minLength", "maxLength", "pattern"},
    FieldType.INTEGER: {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    FieldType.NUMBER: {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    FieldType.DECIMAL: {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    FieldType.BOOLEAN: set(),
    FieldType.TIMESTAMP: set(),
    FieldType.DATE: set(),
}


def field(declared: dict[str, Any], most_digits: int = JSON_EXACT_DIGITS) -> Field:
    """Turn one ODCS property (already valid by the standard's schema) into a Field. Raises FieldError."""
    name = declared["name"]
    if not NAME.fullmatch(name):
        raise FieldError("name", f"{name!r} must start with a letter and hold only letters, digits and underscores")
    kind, precision, scale = _type(declared, most_digits)
    options = declared.get("logicalTypeOptions") or {}
    for option in options:
        if option not in _SUPPORTED_OPTIONS[kind]:
            supported = ", ".join(sorted(_SUPPORTED_OPTIONS[kind])) or "none"
            raise FieldError(
                f"logicalTypeOptions.{option}", f"is not supported for {kind.value} fields (supported: {supported})"
            )
    _require_order(options)
    return Field(
        name=name,
        type=kind,
        required=bool(declared.get("required")),
        description=(declared.get("description") or "").strip(),
        classification=declared.get("classification") or "",
        min_length=options.get("minLength"),
        max_length=options.get("maxLength"),
        pattern=_pattern(options.get("pattern")),
        allowed=_allowed(kind, declared.get("enum") or []),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        exclusive_maximum=options.get("exclusiveMaximum"),
        precision=precision,
        scale=scale,
        examples=tuple(declared.get("examples") or ()),
        **field_properties.parse(kind, declared.get("customProperties") or []),
    )


def _require_order(options: dict[str, Any]) -> None:
    """Raise FieldError for limits that no value can keep."""
    lows, highs = ("minLength", "minimum", "exclusiveMinimum"), ("maxLength", "maximum", "exclusiveMaximum")
    for low in (name for name in lows if name in options):
        for high in (name for name in highs if name in options):
            needs_room = low.startswith("exclusive") or high.startswith("exclusive")
            if options[low] > options[high] or (needs_room and options[low] == options[high]):
                raise FieldError(
                    f"logicalTypeOptions.{low}", f"{options[low]} leaves no value below {high} {options[high]}"
                )


def _type(declared: dict[str, Any], most_digits: int) -> tuple[FieldType, int, int]:
    logical, physical = declared.get("logicalType"), declared.get("physicalType")
    if logical == "number" and physical is not None and physical.startswith("decimal"):
        match = DECIMAL.fullmatch(physical)
        if not match:
            raise FieldError("physicalType", f"{physical!r} must look like decimal(10,2)")
        precision, scale = int(match[1]), int(match[2])
        if not 1 <= precision <= most_digits or scale > precision:
            keeps_no_more = "JSON keeps" if most_digits == JSON_EXACT_DIGITS else "tables keep"
            raise FieldError(
                "physicalType",
                f"{physical!r} needs a precision from 1 to {most_digits} ({keeps_no_more} no more) and a scale within",
            )
        return FieldType.DECIMAL, precision, scale
    kind = FieldType(logical)
    if physical is not None and physical != glue.TYPES[kind]:
        raise FieldError("physicalType", f"{physical!r} is not what {logical} is stored as; leave it out")
    return kind, 0, 0


def _pattern(pattern: str | None) -> str | None:
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise FieldError(
                "logicalTypeOptions.pattern", f"{pattern!r} is not a regular expression: {error}"
            ) from None
    return pattern


def _allowed(kind: FieldType, enum: list[dict[str, Any]]) -> tuple[str | int, ...]:
    values = tuple(entry["value"] for entry in enum)
    wanted = {FieldType.STRING: str, FieldType.INTEGER: int}.get(kind)
    if values and wanted is None:
        raise FieldError("enum", f"is not supported for {kind.value} fields")
    for value in values:
        if type(value) is not wanted:
            raise FieldError("enum", f"{value!r} is not a {kind.value}")
    return values
