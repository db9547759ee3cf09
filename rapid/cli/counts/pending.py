"""Processed objects that the curated table does not hold yet, by its ledger."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from contracts import Contract
from etl.curation import inputs
from etl.curation.ledger import Input, Ledger

_READERS = 8


def ledger_of(glue: Any, s3: Any, database: str, contract: Contract, curated_bucket: str) -> Ledger | None:
    """The ledger that the curated table names now; None where there is no table yet."""
    try:
        table = glue.get_table(DatabaseName=database, Name=contract.curated_table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return None
        raise
    return Ledger.of(s3, curated_bucket, contract.source, table.get("Parameters", {}))


def ids(s3: Any, ledger: Ledger | None, processed_bucket: str, contract: Contract) -> frozenset[str]:
    """The envelope ids in the objects that the ledger does not hold."""
    delivered = list(inputs.listing(s3, processed_bucket, contract.source, None))
    new = delivered if ledger is None else ledger.new(delivered)

    def read(item: Input) -> list[str]:
        body = s3.get_object(Bucket=processed_bucket, Key=item.key)["Body"].read()
        found: list[str] = pq.read_table(io.BytesIO(body), columns=["ingest_id"])["ingest_id"].to_pylist()
        return found

    with ThreadPoolExecutor(_READERS) as pool:
        return frozenset(event for part in pool.map(read, new) for event in part)
