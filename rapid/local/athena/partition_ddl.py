"""ALTER TABLE ADD and DROP PARTITION, and MSCK REPAIR TABLE.

Sources: https://docs.aws.amazon.com/athena/latest/ug/alter-table-add-partition.html,
https://docs.aws.amazon.com/athena/latest/ug/alter-table-drop-partition.html,
https://docs.aws.amazon.com/athena/latest/ug/msck-repair-table.html (it adds what lies under ``key=value`` prefixes, and
removes nothing).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .errors import ErrorName, HiveFailedError
from .glue_tables import DDL_TASK, GlueTables
from .session import Session
from .statements import AddPartitions, DropPartitions, PartitionValues, RepairTable

_UNESCAPED = " !$&()+,-.;<>@_~|"


def add_partitions(statement: AddPartitions, session: Session) -> None:
    """Register partitions; raises QueryFailedError if one is there and the statement has no IF NOT EXISTS."""
    tables = GlueTables(session.glue)
    found = tables.hive_table(*session.place(statement.table), "ALTER TABLE ADD PARTITION")
    keys = _keys(found)
    added = []
    for values, location in statement.partitions:
        _check_keys(values, keys)
        if set(values) != set(keys):
            raise _failed(f"partition spec {dict(values)} doesn't contain all ({len(keys)}) partition columns")
        listed = [values[key] for key in keys]
        added.append((listed, location or partition_location(found, listed)))
    present = tables.add_partitions(found, added)
    if present and not statement.if_not_exists:
        message = f"{DDL_TASK} AlreadyExistsException(message:Partition already exists.)"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)


def drop_partitions(statement: DropPartitions, session: Session) -> None:
    """Forget partitions; their objects stay. Raises QueryFailedError if none is there, unless IF EXISTS says so."""
    tables = GlueTables(session.glue)
    found = tables.hive_table(*session.place(statement.table), "ALTER TABLE DROP PARTITION")
    keys = _keys(found)
    registered = [partition["Values"] for partition in tables.partitions(found)]
    for values in statement.partitions:
        _check_keys(values, keys)
        wanted = [
            listed for listed in registered if all(listed[keys.index(key)] == text for key, text in values.items())
        ]
        if not wanted and not statement.if_exists:
            written = ", ".join(f"{key} = '{text}'" for key, text in values.items())
            message = f"FAILED: SemanticException [Error 10006]: Partition not found ({written})"
            raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
        for listed in wanted:
            tables.delete_partition(found, listed)


def repair_table(statement: RepairTable, session: Session) -> list[str]:
    """Register the partitions that have objects; return the lines that tell of them."""
    tables = GlueTables(session.glue)
    found = tables.hive_table(*session.place(statement.table), "MSCK REPAIR TABLE")
    keys = _keys(found)
    if not keys:
        raise _failed(f"Table {found['Name']} is not partitioned")
    registered = {tuple(partition["Values"]) for partition in tables.partitions(found)}
    new = sorted(_stored(session.s3, found, keys) - registered)
    if not new:
        return []
    tables.add_partitions(found, [(list(values), partition_location(found, list(values))) for values in new])
    names = [f"{found['Name']}:{partition_name(keys, list(values))}" for values in new]
    missing = "\t".join(["Partitions not in metastore:", *names])
    return [missing, *(f"Repair: Added partition to metastore {name}" for name in names)]


def partition_name(keys: list[str], values: list[str]) -> str:
    """Return ``key=value/…``, with signs that a path cannot hold escaped."""
    return "/".join(f"{key}={quote(value, safe=_UNESCAPED)}" for key, value in zip(keys, values, strict=True))


def partition_location(definition: dict[str, Any], values: list[str]) -> str:
    """Return where a partition's objects lie if no other place was named."""
    return f"{definition['StorageDescriptor']['Location'].rstrip('/')}/{partition_name(_keys(definition), values)}/"


def _stored(s3: Any, definition: dict[str, Any], keys: list[str]) -> set[tuple[str, ...]]:
    location = urlsplit(definition["StorageDescriptor"]["Location"])
    prefix = location.path.strip("/")
    prefix = f"{prefix}/" if prefix else ""
    found = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix):
        for item in page.get("Contents", []):
            folders = [folder.partition("=") for folder in item["Key"][len(prefix) :].split("/")[:-1]]
            if [name.lower() for name, _, _ in folders[: len(keys)]] == keys:
                found.add(tuple(unquote(value) for _, _, value in folders[: len(keys)]))
    return found


def _keys(definition: dict[str, Any]) -> list[str]:
    return [key["Name"].lower() for key in definition.get("PartitionKeys", [])]


def _check_keys(values: PartitionValues, keys: list[str]) -> None:
    for key in values:
        if key not in keys:
            raise _failed(f"Partition column {key} not found in table")


def _failed(reason: str) -> HiveFailedError:
    return HiveFailedError(ErrorName.GENERIC_USER_ERROR, f"FAILED: SemanticException {reason}")
