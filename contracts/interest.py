"""Records of interest: a contract's `filter`, read and checked, and compiled to Python."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .model import Condition, Contract, ContractError, Field, FieldType
from .source_properties import ConditionProperty

_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL)
_LISTED = {FieldType.STRING: str, FieldType.INTEGER: int, FieldType.BOOLEAN: bool}


def conditions(
    file: Path, declared: Sequence[ConditionProperty], fields: Iterable[Field], of: str = "customProperties.filter"
) -> tuple[Condition, ...]:
    """Conditions, as they stand at a place. Raises ContractError naming the one that a field cannot keep, and why."""
    by_name = {field.name: field for field in fields}
    found = []
    for position, item in enumerate(declared):
        place = f"{of}.{position}"
        field = by_name.get(item.field)
        if field is None:
            raise ContractError(file, f"{place}.field", f"{item.field!r} must be one of {', '.join(by_name)}")
        tests = item.model_dump(exclude={"field"}, exclude_none=True)
        if not tests:
            raise ContractError(file, place, "says nothing of the field; give present, in, notIn, minimum or maximum")
        for name, values in (("in", item.one_of), ("notIn", item.none_of)):
            _check_listed(file, f"{place}.{name}", field, values or ())
        for name in tests.keys() & {"minimum", "maximum"}:
            if field.type not in _NUMBERS:
                raise ContractError(
                    file, f"{place}.{name}", f"is for numbers, and {field.name} is a {field.type.value}"
                )
        found.append(Condition(field, **tests))
    return tuple(found)


def source_code(contract: Contract) -> str:
    """The function `is_of_interest(row)` of a compiled contract, for a row without faults."""
    tests = [test for condition in contract.filter for test in _tests(condition)]
    return "\n".join(
        [
            "\n\ndef is_of_interest(row):",
            '    """Whether a row is what the contract\'s filter lets through."""',
            *(f"    if not ({test}): return False" for test in tests),
            "    return True\n",
        ]
    )


def document(condition: Condition) -> dict[str, Any]:
    """A condition as plain JSON, by the names that contracts use; tests that do not apply are left out."""
    return {"column": condition.field.column, **_named(condition)}


def text(condition: Condition) -> str:
    """A condition in words."""
    words = {"present": "present is", "in": "in", "notIn": "not in", "minimum": "from", "maximum": "up to"}
    tests = [
        f"{words[name]} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in _named(condition).items()
    ]
    return f"{condition.field.column} {' and '.join(tests)}"


def _named(condition: Condition) -> dict[str, Any]:
    tests = {
        "present": condition.present,
        "in": condition.one_of and list(condition.one_of),
        "notIn": condition.none_of and list(condition.none_of),
        "minimum": condition.minimum,
        "maximum": condition.maximum,
    }
    return {name: value for name, value in tests.items() if value is not None}


def _check_listed(file: Path, place: str, field: Field, values: Sequence[Any]) -> None:
    if values and field.type not in _LISTED:
        raise ContractError(
            file, place, f"is for string, integer and boolean fields; {field.name} is {field.type.value}"
        )
    for value in values:
        if type(value) is not _LISTED[field.type]:
            raise ContractError(file, place, f"{value!r} is not a {field.type.value}, as {field.name} is")


def _tests(condition: Condition) -> list[str]:
    value = f"row.get({condition.field.column!r})"
    tests = []
    if condition.present is not None:
        tests.append(f"{value} is {'not ' if condition.present else ''}None")
    others = [
        (condition.one_of, "in {!r}"),
        (condition.none_of, "not in {!r}"),
        (condition.minimum, ">= {!r}"),
        (condition.maximum, "<= {!r}"),
    ]
    tests += [f"{value} is not None and {value} {test.format(limit)}" for limit, test in others if limit is not None]
    return tests
