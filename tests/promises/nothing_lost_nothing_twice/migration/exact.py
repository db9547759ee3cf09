"""What a lake's tables hold, compared with what was sent: in Python, row by row and field by field, without any SQL."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bench import history
from bench.history import Event
from contracts import Contract
from rapid.cli import catalog
from rapid.cli.target import LocalStack

SHOWN = 10


def differences(stack: LocalStack, database: str, contract: Contract, sent: Mapping[str, Event]) -> dict[str, Any]:
    """Keys that the table lacks, that nobody sent, that it has more than once, and whose row is not what was sent.

    Only kinds that there are, the first few keys of each; empty where the table is exactly what was sent.
    """
    table = catalog.of(stack).load_table((database, contract.curated_table))
    key, fields = contract.primary_key.column, [field.column for field in contract.fields]
    rows = table.scan(selected_fields=(*fields, "extra")).to_arrow().to_pylist()
    times, found = Counter(row[key] for row in rows), dict[str, list[Any]]()
    for row in rows:
        event = sent.get(row[key])
        if event is None:
            found.setdefault("nobody sent", []).append(row[key])
        elif row != history.row(contract, event) | {"extra": None}:
            found.setdefault("changed", []).append((row, event))
    found["missing"] = [name for name in sent if name not in times]
    found["more than once"] = [name for name, count in times.items() if count > 1]
    return {kind: (len(named), named[:SHOWN]) for kind, named in found.items() if named}


def quarantined(stack: LocalStack, bucket: str) -> Counter[str]:
    """The ids of the envelopes in a quarantine bucket, each as often as there is an object of it."""
    s3 = stack.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return Counter(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["id"] for key in keys)
