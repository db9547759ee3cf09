"""The sources of a stack: its data contracts, read from a directory."""

from collections.abc import Collection
from pathlib import Path

import pulumi

from contracts import Contract, ContractError, load_all, saved_queries, unknown_names


class SourcesError(pulumi.RunError):
    """A contract, or a saved query of one, that cannot be used; or a source that there is not. The message names it."""


def read_contracts(directory: str | Path = "sources", chosen: Collection[str] = ()) -> tuple[Contract, ...]:
    """The contracts of a directory, which is looked for in the folder of the program; of the chosen sources, if any.

    Raises SourcesError.
    """
    try:
        # Pulumi runs a program in its folder.
        contracts = load_all(Path.cwd() / directory)
        # Of all: the queries of a source that is not chosen are nobody's mistake.
        saved_queries.check(contracts)
    except ContractError as error:
        raise SourcesError(str(error)) from None
    known = [contract.source for contract in contracts]
    for source in chosen:
        if source not in known:
            raise SourcesError(f"config sources: the source {source!r} {unknown_names.reason(source, known)}")
    return tuple(contract for contract in contracts if not chosen or contract.source in chosen)
