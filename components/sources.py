"""The sources of a stack: its data contracts, read from a directory."""

from pathlib import Path

import pulumi

from contracts import Contract, ContractError, load_all


class SourcesError(pulumi.RunError):
    """A contract that cannot be used. The message names file, place and reason."""


def read(directory: Path) -> tuple[Contract, ...]:
    """The contracts of a directory. Raises SourcesError."""
    try:
        return load_all(directory)
    except ContractError as error:
        raise SourcesError(str(error)) from None
