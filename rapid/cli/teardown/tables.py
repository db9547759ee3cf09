"""Tables of the catalog that the jobs made, which the stack does not know of."""

from collections.abc import Sequence

from ..console import say
from ..target import Target
from .holdings import tables_of
from .state import StackResource

_DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
_TABLE = "aws:glue/catalogTable:CatalogTable"


def delete(stack: Target, databases: Sequence[StackResource], resources: Sequence[StackResource]) -> None:
    """Delete those of databases that are none of a stack's resources."""
    glue = stack.client("glue")
    own = {(item.value("databaseName"), item.value("name")) for item in resources if item.type == _TABLE}
    for database in (item.value("name") for item in databases if item.type == _DATABASE):
        for table in tables_of(glue, database):
            if (database, table["Name"]) not in own:
                glue.delete_table(DatabaseName=database, Name=table["Name"])
                say(f"Deleted the table {database}.{table['Name']} from the catalog.")
