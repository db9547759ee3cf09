"""Glue's own optimizers of Iceberg tables: switched on for a table that the job has made.

They are not resources of the stack, since the stack makes no tables.
https://docs.aws.amazon.com/glue/latest/dg/table-optimizers.html
"""

from typing import Any

from botocore.exceptions import ClientError
from pyiceberg.table import Table

KEEP_DAYS = 5
"""Of snapshots, Glue's and Iceberg's own default, and of files that nothing refers to: far more than a run takes."""
MIN_INPUT_FILES = 5
"""Files that a day must have to be compacted. Glue's default of 100 would leave 24 hourly files as they are."""
_EACH_DAY = {"runRateInHours": 24}


class NotOptimized(Exception):
    """Glue does not take an optimizer; the message names the table, says why and what can be done."""


def enable(glue: Any, table: Table, role_arn: str) -> int:
    """Have Glue compact a table, expire its snapshots and delete its orphans; how many optimizers that changed.

    Raises NotOptimized.
    """
    database, name = table.name()
    changed = 0
    for kind, settings in _settings(table).items():
        place = {"CatalogId": role_arn.split(":")[4], "DatabaseName": database, "TableName": name, "Type": kind}
        wanted = {"roleArn": role_arn, "enabled": True, **settings}
        try:
            changed += _set(glue, place, wanted)
        except ClientError as error:
            raise NotOptimized(
                f"{database}.{name}: Glue does not take its {kind} optimizer: {error.response['Error']['Message']} "
                "The config key table_maintenance: job has the job do its work"
            ) from None
    return changed


def _settings(table: Table) -> dict[str, dict[str, Any]]:
    strategy = "binpack" if table.sort_order().is_unsorted else "sort"
    return {
        "compaction": {
            "compactionConfiguration": {
                "icebergConfiguration": {"strategy": strategy, "minInputFiles": MIN_INPUT_FILES}
            }
        },
        "retention": {
            "retentionConfiguration": {
                "icebergConfiguration": {
                    "snapshotRetentionPeriodInDays": KEEP_DAYS,
                    "numberOfSnapshotsToRetain": 1,
                    "cleanExpiredFiles": True,
                    **_EACH_DAY,
                }
            }
        },
        "orphan_file_deletion": {
            "orphanFileDeletionConfiguration": {
                "icebergConfiguration": {
                    "orphanFileRetentionPeriodInDays": KEEP_DAYS,
                    "location": table.location(),
                    **_EACH_DAY,
                }
            }
        },
    }


def _set(glue: Any, place: dict[str, str], wanted: dict[str, Any]) -> bool:
    try:
        found = glue.get_table_optimizer(**place)["TableOptimizer"]["configuration"]
    except glue.exceptions.EntityNotFoundException:
        glue.create_table_optimizer(**place, TableOptimizerConfiguration=wanted)
        return True
    if _covers(found, wanted):
        return False
    glue.update_table_optimizer(**place, TableOptimizerConfiguration=wanted)
    return True


def _covers(found: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; Glue answers with its defaults too."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(name in found and _covers(found[name], value) for name, value in wanted.items())
    return bool(found == wanted)
