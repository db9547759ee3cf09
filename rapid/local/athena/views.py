"""Views in FROM: the stored query translated anew, and held against the columns that the view declares.

Sources: https://docs.aws.amazon.com/athena/latest/ug/views.html, https://trino.io/docs/current/sql/create-view.html;
how a stale view fails: https://repost.aws/knowledge-center/athena-view-is-stale-error.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .errors import ErrorName, InvalidRequestError, Position, QueryFailedError
from .functions import coerce
from .literals import target_type
from .outputs import Output, Translated
from .parsing import parse
from .scopes import Value
from .trino_types import Type, common
from .view_definitions import View, ViewColumn


def expand(view: View, translate: Callable[[exp.Expr], Translated], position: Position | None) -> Translated:
    """Translate a view's query by ``translate`` and return it with the declared columns.

    Raises QueryFailedError: INVALID_VIEW if the query fails to be parsed or translated, VIEW_IS_STALE if its columns
    are not those declared.
    """
    try:
        translated = translate(parse(view.sql))
    except InvalidRequestError as error:
        message = f"Failed parsing stored view '{view.full_name}': {error.message}"
        raise QueryFailedError(ErrorName.INVALID_VIEW, message, position) from None
    except QueryFailedError as error:
        if error.name is ErrorName.VIEW_IS_RECURSIVE:
            raise
        message = f"Failed analyzing stored view '{view.full_name}': {error.detail}"
        raise QueryFailedError(ErrorName.INVALID_VIEW, message, position) from None
    types = [_declared_type(view, column, position) for column in view.columns]
    stale = _staleness(view, types, translated)
    if stale:
        message = f"View '{view.full_name}' is stale or in invalid state: {stale}"
        raise QueryFailedError(ErrorName.VIEW_IS_STALE, message, position)
    outputs = tuple(
        Output(column.name, type_, found.uses)
        for column, type_, found in zip(view.columns, types, translated.outputs, strict=True)
    )
    columns = ", ".join(
        f"{coerce(Value(f'c{index}', found.type), wanted.type).sql} AS c{index}"
        for index, (found, wanted) in enumerate(zip(translated.outputs, outputs, strict=True))
    )
    return Translated(f"SELECT {columns} FROM ({translated.sql})", outputs, translated.lineages)


def _declared_type(view: View, column: ViewColumn, position: Position | None) -> Type:
    try:
        return target_type(exp.DataType.build(column.type_text, dialect="trino"), position)
    except (SqlglotError, QueryFailedError, ValueError):
        message = f"Unknown type '{column.type_text}' for column '{column.name}' in view: {view.full_name}"
        raise QueryFailedError(ErrorName.INVALID_VIEW, message, position) from None


def _staleness(view: View, types: list[Type], translated: Translated) -> str | None:
    """Say how the query's columns differ from those declared, in Trino's words; None if they do not."""
    if len(view.columns) != len(translated.outputs):
        return (
            f"stored view column count ({len(view.columns)}) does not match column count derived from the view query "
            f"analysis ({len(translated.outputs)})"
        )
    for index, (column, type_, found) in enumerate(zip(view.columns, types, translated.outputs, strict=True)):
        if found.label is None:
            return f"a column of type {found.type} projected from query view at position {index} has no name"
        projected = f"column [{found.label}] of type {found.type} projected from query view at position {index}"
        declared = f"column [{column.name}] of type {type_} stored in view definition"
        if found.label.lower() != column.name:
            return f"{projected} has a different name from {declared}"
        if common(found.type, type_) != type_:
            return f"{projected} cannot be coerced to {declared}"
    return None
