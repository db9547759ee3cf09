"""JOIN … USING: columns of both sides become one (https://trino.io/docs/current/sql/select.html#using)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .operators import comparison, operands
from .scopes import Column, Lineage, Relation, Value


class Joined(NamedTuple):
    """The relations after a join: the shared columns first, then each one's others; and the join's condition."""

    relations: tuple[Relation, ...]
    condition: str


def joined_using(
    names: Sequence[str], left: Sequence[Relation], right: Relation, side: str, at: Position | None
) -> Joined:
    """Return what a join by columns of these names gives; ``side`` is empty, LEFT, RIGHT or FULL."""
    shared, conditions = [], []
    for name in names:
        first, second = _only(name, left, "left", at), _only(name, [right], "right", at)
        if first.value is None or second.value is None:
            raise not_supported(f"JOIN USING column '{name}'", at)
        conditions.append(comparison("=", first.value, second.value, at).sql)
        a, b = operands("=", first.value, second.value, at)
        kept = {"": a.sql, "LEFT": a.sql, "RIGHT": b.sql, "FULL": f"coalesce({a.sql}, {b.sql})"}[side]
        shared.append(Column(name, Value(kept, a.type), first.uses | second.uses))
    rest = [_without(relation, names) for relation in (*left, right)]
    return Joined((Relation(None, None, tuple(shared)), *rest), " AND ".join(conditions))


def _only(name: str, relations: Sequence[Relation], side: str, at: Position | None) -> Column:
    found = [column for relation in relations for column in relation.columns if column.name == name]
    if not found:
        message = f"Column '{name}' is missing from {side} side of join"
        raise QueryFailedError(ErrorName.COLUMN_NOT_FOUND, message, at)
    if len(found) > 1:
        raise QueryFailedError(ErrorName.AMBIGUOUS_NAME, f"Column '{name}' is ambiguous", at)
    return found[0]


def _without(relation: Relation, names: Sequence[str]) -> Relation:
    kept = [index for index, column in enumerate(relation.columns) if column.name not in names]
    lineages = tuple(
        Lineage(
            lineage.scan,
            {place: lineage.columns[index] for place, index in enumerate(kept) if index in lineage.columns},
        )
        for lineage in relation.lineages
    )
    return replace(relation, columns=tuple(relation.columns[index] for index in kept), lineages=lineages)
