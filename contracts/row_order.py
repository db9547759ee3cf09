"""The order of a curated table's rows: a contract's `sortBy`, read and checked."""

from collections.abc import Sequence
from pathlib import Path

from .model import ContractError, Field


def fields(
    file: Path, names: Sequence[str], declared: Sequence[Field], primary_key: Field, event_time: Field
) -> tuple[Field, ...]:
    """The fields that rows are sorted by before the event time. Raises ContractError for one that cannot serve."""
    by_name = {field.name: field for field in declared}
    for position, name in enumerate(names):
        place = f"customProperties.sortBy.{position}"
        field = by_name.get(name)
        if field is None:
            raise ContractError(file, place, f"{name!r} must be one of {', '.join(by_name)}")
        if name in names[:position]:
            raise ContractError(file, place, f"{name} stands twice")
        if field == event_time:
            raise ContractError(file, place, f"{name} is the event time, by which rows are sorted last anyway")
        if field == primary_key:
            raise ContractError(file, place, f"{name} is the primary key, which no two rows share; name another field")
        if field.hashed:
            raise ContractError(
                file, place, f"{name} is hashed, and no query asks for hashes from one to another; name another field"
            )
    return tuple(by_name[name] for name in names)
