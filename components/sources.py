"""The sources of a stack: its data contracts, read from a directory."""

from pathlib import Path

import pulumi

from contracts import Contract, ContractError, load_all, saved_queries


class SourcesError(pulumi.RunError):
    """A contract, or a saved query of one, that cannot be used. The message names file, place and reason."""


def read_contracts(directory: str | Path = "sources") -> tuple[Contract, ...]:
    """The contracts of a directory, which is looked for in the folder of the program. Raises SourcesError."""
    try:
        # Pulumi runs a program in its folder.
        contracts = load_all(Path.cwd() / directory)
        saved_queries.check(contracts)
    except ContractError as error:
        raise SourcesError(str(error)) from None
    return contracts
