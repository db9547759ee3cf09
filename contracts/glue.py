"""The Glue table columns of a source, which are also the schema Firehose converts to."""

from dataclasses import dataclass

from .model import Contract, Field


@dataclass(frozen=True)
class Column:
    """A column of a Glue table: name, Glue type, comment."""

    name: str
    type: str
    comment: str


def columns(contract: Contract) -> tuple[Column, ...]:
    """The columns of the processed table, in order; the partition key `datehour` is not among them."""
    return (
        *(Column(field.column, field.glue_type, comment(field)) for field in contract.fields),
        Column("extra", "string", "Fields that the contract does not name, as a JSON object"),
        Column("received_at", "timestamp", "When the API took the event, UTC"),
        Column("ingest_id", "string", "The id that the API gave the event; unique for each accepted event"),
    )


def comment(field: Field) -> str:
    """The description, and what a reader of the column must know of its protection."""
    marks = [field.classification, "hashed" if field.hashed else ""]
    return " ".join([field.description, *(f"({mark})" for mark in marks if mark)]).strip()
