"""The saved queries of a source: one SQL file each, `sources/queries/<source>/<name>.sql`."""

from collections.abc import Collection
from dataclasses import dataclass

from . import odcs_document, unknown_names
from .model import Contract, ContractError

_MAX_DESCRIPTION = 1024
"""Athena's limit on a named query's description (https://docs.aws.amazon.com/athena/latest/APIReference/API_NamedQuery.html)."""


@dataclass(frozen=True)
class SavedQuery:
    """A query saved in Athena: its name, what it answers, its SQL."""

    name: str
    description: str
    sql: str


def check(contracts: Collection[Contract]) -> None:
    """Raise ContractError where a saved query of the contracts cannot be used, or is of none of them."""
    for contract in contracts:
        of(contract)
    sources = [contract.source for contract in contracts]
    for folder in {contract.file.parent / "queries" for contract in contracts}:
        for file in sorted(folder.rglob("*.sql")):
            if file.parent.parent != folder or file.parent.name not in sources:
                name = file.parent.name
                raise ContractError(
                    file, "", f"the source {name!r} {unknown_names.reason(name, sources)}; move or delete the file"
                )


def of(contract: Contract) -> tuple[SavedQuery, ...]:
    """The saved queries of a contract, by name; the first line of a file, `-- …`, is the description.

    Raises ContractError for a file that cannot be read, or is without description or without SQL.
    """
    queries = []
    for file in sorted((contract.file.parent / "queries" / contract.source).glob("*.sql")):
        first, _, sql = odcs_document.text_of(file).partition("\n")
        description = first.removeprefix("--").strip()
        if not first.startswith("--") or not 0 < len(description) <= _MAX_DESCRIPTION:
            raise ContractError(
                file, "line 1", f"must be `-- ` and what the query answers, in 1 to {_MAX_DESCRIPTION} characters"
            )
        if not sql.strip():
            raise ContractError(file, "", "holds no SQL after its first line")
        queries.append(SavedQuery(file.stem, description, sql.strip()))
    return tuple(queries)
