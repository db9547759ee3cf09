"""Curated tables of sources that a stack has no more: no step carries their rows over, so they must not go unseen."""

from collections.abc import Iterator, Sequence

from contracts import Contract

from ..chosen_sources import deployed_contracts
from ..errors import CommandError
from ..target import Target
from ..teardown.holdings import tables_of
from .state import Migration


def found(stack: Target, database: str, contracts: Sequence[Contract]) -> Iterator[str]:
    """For each curated table of no source of the stack what to do about it."""
    known = {contract.curated_table for contract in contracts}
    for table in tables_of(stack.client("glue"), database):
        name = table["Name"]
        if name.endswith("_curated") and name not in known:
            yield (
                f"{database}.{name} is of no source of the stack, so its rows stay behind; give the source its "
                "contract again (config key sources), or keep the table"
            )


def require_none(stack: Target, migration: Migration) -> None:
    """Raise CommandError for such tables of the old lake, whose rows would go with it."""
    if left := [*found(stack, migration.platform.database, deployed_contracts(stack))]:
        raise CommandError(
            "\n".join(left) + "\nNothing is ended or deleted while they are there: sync and verify with the contract, "
            "or, if nobody needs the rows, drop the table"
        )
