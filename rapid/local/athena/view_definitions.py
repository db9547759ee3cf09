"""Views as the Glue Data Catalog keeps them: a query and its columns, as JSON in Base64 in ``ViewOriginalText``.

Source: https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java
(Athena writes Trino's format: https://docs.aws.amazon.com/athena/latest/ug/views.html).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from .errors import ErrorName, Position, QueryFailedError, not_supported

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
