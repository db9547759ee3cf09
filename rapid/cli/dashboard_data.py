"""What QuickSight has of a stack's data: the data sets that its dashboards show, and their imports."""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import CommandError
from .target import Target

IDS = "dashboard_ids"
"""The output that names QuickSight's dashboards."""
IMPORT_SECONDS = 300
"""How long an import is waited for."""

_SUCCESSFUL = "_SUCCESSFUL"
"""Of creation and of update: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DashboardVersion.html."""
_COMPLETED, _FAILED, _CANCELLED = "COMPLETED", "FAILED", "CANCELLED"
"""How imports end: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Ingestion.html."""
_POLL_SECONDS = 0.25


class DashboardData:
    """The data of a stack's dashboards."""

    def __init__(self, stack: Target) -> None:
        self.ids: Sequence[str] = stack.masked_outputs.get(IDS) or ()
        """QuickSight's dashboards."""
        self._quicksight: Any = stack.client("quicksight") if self.ids else None
        self._account = stack.client("sts").get_caller_identity()["Account"] if self.ids else ""

    def data_sets(self) -> list[str]:
        """Ids of the data sets that the dashboards show. Raises CommandError for one that could not be made."""
        found: list[str] = []
        for dashboard_id in self.ids:
            asked = {"AwsAccountId": self._account, "DashboardId": dashboard_id}
            version = self._quicksight.describe_dashboard(**asked)["Dashboard"]["Version"]
            if not version["Status"].endswith(_SUCCESSFUL):
                raise CommandError(f"the QuickSight dashboard {dashboard_id} is in state {version['Status']}")
            found += [arn.rpartition("/")[2] for arn in version.get("DataSetArns", ())]
        return list(dict.fromkeys(found))

    def rows(self, data_set: str) -> int | None:
        """Rows of a data set; None if the last import that ended did not end well, or there was none."""
        pages = self._quicksight.get_paginator("list_ingestions")
        ended = [
            ingestion
            for page in pages.paginate(AwsAccountId=self._account, DataSetId=data_set)
            for ingestion in page["Ingestions"]
            if ingestion["IngestionStatus"] in (_COMPLETED, _FAILED, _CANCELLED)
        ]
        last = max(ended, key=lambda ingestion: ingestion["CreatedTime"], default=None)
        return _rows(last) if last and last["IngestionStatus"] == _COMPLETED else None

    def import_now(self, data_sets: Sequence[str]) -> Mapping[str, int]:
        """Import data sets anew, and wait; how many rows each has. Raises CommandError where some failed."""
        begun = {data_set: self._begin(data_set) for data_set in data_sets}
        deadline = time.monotonic() + IMPORT_SECONDS
        ended = {data_set: self._ended(data_set, id_, deadline) for data_set, id_ in begun.items()}
        if failed := [data_set for data_set, found in ended.items() if not _is_well(found)]:
            others = f"; nor were {', '.join(failed[1:])}" if failed[1:] else ""
            raise CommandError(_told(failed[0], ended[failed[0]]) + others)
        return {data_set: _rows(found) for data_set, found in ended.items()}

    def _begin(self, data_set: str) -> str:
        id_ = f"rapid-{uuid.uuid4()}"
        self._quicksight.create_ingestion(AwsAccountId=self._account, DataSetId=data_set, IngestionId=id_)
        return id_

    def _ended(self, data_set: str, id_: str, deadline: float) -> Mapping[str, Any]:
        asked = {"AwsAccountId": self._account, "DataSetId": data_set, "IngestionId": id_}
        while True:
            found: Mapping[str, Any] = self._quicksight.describe_ingestion(**asked)["Ingestion"]
            is_over = time.monotonic() > deadline
            if is_over or found["IngestionStatus"] in (_COMPLETED, _FAILED, _CANCELLED):
                return found
            time.sleep(_POLL_SECONDS)


def _is_well(ingestion: Mapping[str, Any]) -> bool:
    return bool(ingestion["IngestionStatus"] == _COMPLETED)


def _told(data_set: str, ingestion: Mapping[str, Any]) -> str:
    if ingestion["IngestionStatus"] not in (_FAILED, _CANCELLED):
        return f"the import of {data_set} has not ended after {IMPORT_SECONDS} s"
    error = ingestion.get("ErrorInfo", {})
    return f"{data_set} was not imported: {error.get('Type')}: {error.get('Message')}"


def _rows(ingestion: Mapping[str, Any]) -> int:
    return int(ingestion.get("RowInfo", {}).get("TotalRowsInDataset", 0))
