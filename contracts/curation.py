"""What the curate job needs to know of a contract, as plain JSON: it runs in Glue, without this package."""

from typing import Any

from . import aggregates, glue
from .model import Contract


def document(contract: Contract) -> dict[str, Any]:
    """The compiled contract: columns with types and former names, key, event time, horizon, order, aggregates."""
    former = {field.column: [alias.lower() for alias in field.aliases] for field in contract.fields}
    return {
        "source": contract.source,
        "table": contract.curated_table,
        "version": contract.version,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "comment": column.comment,
                "aliases": former.get(column.name, []),
            }
            for column in glue.columns(contract)
        ],
        "primaryKey": contract.primary_key.column,
        "eventTime": contract.event_time.column,
        "repeatHorizonDays": contract.repeat_horizon_days,
        "sortBy": [field.column for field in contract.sort_by],
        "aggregates": [aggregates.document(contract, aggregate) for aggregate in contract.aggregates],
    }
