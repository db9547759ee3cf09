"""What the exports job needs to know of a contract, as plain JSON: it runs in Glue, without this package."""

from typing import Any

from .database import ADDED_FIELDS
from .model import Contract, DatabaseTable


def document(contract: Contract, table: DatabaseTable) -> dict[str, Any]:
    """The table to export, and the fields to make of its columns; what the export itself adds is not among them."""
    added = {field.name for field in ADDED_FIELDS}
    return {
        "source": contract.source,
        "connection": table.connection,
        "engine": table.engine.value,
        "table": table.table,
        "key": [field.name for field in table.key],
        "highWater": table.high_water.name if table.high_water else None,
        "lateBy": table.late_by,
        "utcOffsetMinutes": table.utc_offset_minutes,
        "fields": [
            {
                "name": field.name,
                "aliases": list(field.aliases),
                "type": field.type.value,
                "precision": field.precision,
                "scale": field.scale,
            }
            for field in contract.fields
            if field.name not in added
        ],
    }
