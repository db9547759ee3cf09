"""The Glue table columns of a source, which are also the schema Firehose converts to."""

from dataclasses import dataclass

from .model import Contract, Field, FieldType

TYPES = {
    FieldType.STRING: "string",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double",
    FieldType.DECIMAL: "decimal({field.precision},{field.scale})",
    FieldType.BOOLEAN: "boolean",
    FieldType.TIMESTAMP: "timestamp",
    FieldType.DATE: "date",
}
"""Types of the Glue Data Catalog (https://docs.aws.amazon.com/athena/latest/ug/data-types.html)."""


@dataclass(frozen=True)
class Column:
    """A column of a Glue table: name, Glue type, comment."""

    name: str
    type: str
    comment: str


def columns(contract: Contract) -> tuple[Column, ...]:
    """The columns of the processed table, in order; the partition key `datehour` is not among them."""
    return (
        *(Column(field.column, type_of(field), comment(field)) for field in contract.fields),
        Column("extra", "string", "Fields that the contract does not name, as a JSON object"),
        Column("received_at", "timestamp", "When the API took the event, UTC"),
        Column("ingest_id", "string", "The id that the API gave the event; unique for each accepted event"),
    )


def type_of(field: Field) -> str:
    """The type of a field's column."""
    return TYPES[field.type].format(field=field)


def comment(field: Field) -> str:
    """The description, and what a reader of the column must know of its protection."""
    marks = [field.classification, "hashed" if field.hashed else ""]
    return " ".join([field.description, *(f"({mark})" for mark in marks if mark)]).strip()
