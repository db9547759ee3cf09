"""A stack's dashboards: whether they are there, and what QuickSight has imported for them."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import target
from ..console import number_of
from ..errors import CommandError
from .checks import Checks, NotMadeError

_DEPLOY = "deploy again; docs/runbook.md#dashboards"
_IMPORT = "docs/runbook.md#dashboards"
_SUCCESSFUL = "_SUCCESSFUL"
"""Of creation and of update: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DashboardVersion.html."""
_COMPLETED, _FAILED, _CANCELLED = "COMPLETED", "FAILED", "CANCELLED"
"""How imports end: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Ingestion.html."""
_IMPORT_SECONDS = 300
_POLL_SECONDS = 1


def check(stack: target.Target, checks: Checks, tell: Callable[[str], None]) -> None:
    """Check CloudWatch's dashboard and QuickSight's, and the data of the latter."""
    tell("looking at dashboards")
    outputs = stack.masked_outputs
    data_sets: Sequence[str] = ()
    with checks.make("", "dashboards", _DEPLOY) as made:
        seen, data_sets = _dashboards(stack, outputs.get("operations_dashboard"), outputs.get("dashboard_ids") or ())
        made.seen = ", ".join(seen)
    if data_sets:
        with checks.make("", "dashboard data", _IMPORT) as made:
            made.seen = _imports(stack, data_sets, tell)


def _dashboards(stack: target.Target, name: Any, ids: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """What is there, and the ids of the data sets that dashboards show. Raises CommandError."""
    seen, data_sets = [], list[str]()
    if name:
        stack.client("cloudwatch").get_dashboard(DashboardName=name)
        seen.append(f"CloudWatch {name}")
    if ids:
        quicksight, account = stack.client("quicksight"), _account(stack)
        for dashboard_id in ids:
            found = quicksight.describe_dashboard(AwsAccountId=account, DashboardId=dashboard_id)["Dashboard"]
            version = found["Version"]
            if not version["Status"].endswith(_SUCCESSFUL):
                raise CommandError(f"the QuickSight dashboard {dashboard_id} is in state {version['Status']}")
            seen.append(f"QuickSight {dashboard_id}")
            data_sets += [arn.rpartition("/")[2] for arn in version.get("DataSetArns", ())]
    if not seen:
        raise NotMadeError("the stack has no dashboards")
    return seen, list(dict.fromkeys(data_sets))


def _imports(stack: target.Target, data_sets: Sequence[str], tell: Callable[[str], None]) -> str:
    """How much was imported. What has nothing yet is imported now: of a new stack, the first time came before its data.

    Raises CommandError for an import that fails.
    """
    rows = {}
    for data_set in data_sets:
        last = _last(stack, data_set)
        if last is None or not _rows(last):
            tell(f"importing {data_set}")
            last = _import(stack, data_set)
        rows[data_set] = _rows(last)
    empty = [data_set for data_set, count in rows.items() if not count]
    more = f"; without rows: {', '.join(empty)}" if empty else ""
    return f"{number_of(sum(rows.values()), 'row')} in {number_of(len(rows), 'data set')}{more}"


def _last(stack: target.Target, data_set: str) -> Mapping[str, Any] | None:
    """The last import that ended well; None if the last that ended did not."""
    pages = stack.client("quicksight").get_paginator("list_ingestions")
    found = [
        ingestion
        for page in pages.paginate(AwsAccountId=_account(stack), DataSetId=data_set)
        for ingestion in page["Ingestions"]
        if ingestion["IngestionStatus"] in (_COMPLETED, _FAILED, _CANCELLED)
    ]
    last = max(found, key=lambda ingestion: ingestion["CreatedTime"], default=None)
    return last if last and last["IngestionStatus"] == _COMPLETED else None


def _import(stack: target.Target, data_set: str) -> Mapping[str, Any]:
    quicksight, account, id_ = stack.client("quicksight"), _account(stack), f"smoke-{uuid.uuid4()}"
    quicksight.create_ingestion(AwsAccountId=account, DataSetId=data_set, IngestionId=id_)
    deadline = time.monotonic() + _IMPORT_SECONDS
    while True:
        found: Mapping[str, Any] = quicksight.describe_ingestion(
            AwsAccountId=account, DataSetId=data_set, IngestionId=id_
        )["Ingestion"]
        if found["IngestionStatus"] == _COMPLETED:
            return found
        if found["IngestionStatus"] in (_FAILED, _CANCELLED):
            error = found.get("ErrorInfo", {})
            raise CommandError(f"{data_set} was not imported: {error.get('Type')}: {error.get('Message')}")
        if time.monotonic() > deadline:
            raise CommandError(f"the import of {data_set} has not ended after {_IMPORT_SECONDS} s")
        time.sleep(_POLL_SECONDS)


def _rows(ingestion: Mapping[str, Any]) -> int:
    return int(ingestion.get("RowInfo", {}).get("TotalRowsInDataset", 0))


def _account(stack: target.Target) -> str:
    return str(stack.client("sts").get_caller_identity()["Account"])
