"""Views: a query and its columns, kept by the Glue Data Catalog as JSON in Base64 in ``ViewOriginalText``.

In FROM the stored query is translated anew, and held against the columns that the view declares. Sources:
https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java
(Athena writes Trino's format), https://docs.aws.amazon.com/athena/latest/ug/views.html, https://trino.io/docs/current/sql/create-view.html;
how a stale view fails: https://repost.aws/knowledge-center/athena-view-is-stale-error.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .errors import ErrorName, InvalidRequestError, Position, QueryFailedError, not_supported
from .functions import coerce
from .literals import target_type
from .parsing import parse
from .scopes import Output, Translated, Value
from .trino_types import Type, common

_PREFIX = "/* Presto View: "
_SUFFIX = " */"


@dataclass(frozen=True)
class ViewColumn:
    """A column as the view declares it: its lower-case name and the text of its Trino type."""

    name: str
    type_text: str


@dataclass(frozen=True)
class View:
    """A view; ``schema`` is the database that names in its query belong to, None if the query names each."""

    full_name: str
    database: str
    sql: str
    schema: str | None
    columns: tuple[ViewColumn, ...]


def encode_view(sql: str, schema: str, columns: list[dict[str, str]]) -> str:
    """Write a view's ``ViewOriginalText``; ``columns`` have a name and a Trino type each."""
    content = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": schema, "columns": columns}
    return _PREFIX + base64.b64encode(json.dumps(content).encode()).decode() + _SUFFIX


def decode_view(catalog: str, database: str, definition: dict[str, Any], position: Position | None) -> View:
    """Read a Glue table of type VIRTUAL_VIEW; raises QueryFailedError if it is not a view that Athena wrote."""
    name = definition["Name"].lower()
    full_name = f"{catalog}.{database}.{name}"
    if definition.get("Parameters", {}).get("presto_view", "").lower() != "true":
        raise not_supported(f"View '{full_name}': a Hive view (without the parameter presto_view=true)", position)
    text = definition.get("ViewOriginalText", "")
    for part, is_there in (("prefix", text.startswith(_PREFIX)), ("suffix", text.endswith(_SUFFIX))):
        if not is_there:
            raise QueryFailedError(
                ErrorName.HIVE_INVALID_VIEW_DATA, f"View data missing {part}: {text[:100]}", position
            )
    try:
        content = json.loads(base64.b64decode(text[len(_PREFIX) : -len(_SUFFIX)], validate=True))
        columns = tuple(ViewColumn(column["name"].lower(), column["type"]) for column in content["columns"])
        view = View(full_name, database, content["originalSql"], content.get("schema"), columns)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"View '{full_name}': its data is not a view's JSON: {type(error).__name__}: {error}"
        raise QueryFailedError(ErrorName.HIVE_INVALID_VIEW_DATA, message, position) from None
    if (content.get("catalog") or catalog).lower() != catalog:
        raise not_supported(f"View '{full_name}': catalog '{content['catalog']}'", position)
    return view


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
