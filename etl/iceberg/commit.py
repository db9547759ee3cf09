"""One commit: rows and the list of what they came from become visible together, or not at all."""

import uuid

from pyiceberg.table import Table

from etl.curation.ledger import PROPERTY, Ledger
from etl.engines.engine import Addition


def commit(table: Table, ledger: Ledger, addition: Addition) -> Ledger:
    """Commit an addition to the table, which is refreshed; returns the ledger that also holds the inputs.

    Raises CommitFailedException if anybody else has committed since the table was loaded.
    """
    after = ledger.add(addition.inputs)
    transaction = table.transaction()
    # Even without new rows a snapshot is made: it is what lets the catalog refuse one of two runs at once.
    update = transaction.update_snapshot(snapshot_properties={"rapid.run": str(uuid.uuid4())})
    with update.overwrite() if addition.replaced else update.fast_append() as snapshot:
        for file in addition.replaced:
            snapshot.delete_data_file(file)
        for file in addition.files:
            snapshot.append_data_file(file)
    transaction.set_properties({PROPERTY: after.uri})
    transaction.commit_transaction()
    return after
