"""Imports into SPICE: at a data set's creation, by its schedules, and when somebody asks for one.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateIngestion.html
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .data_sets import SPICE, source_of
from .errors import exists, invalid, limit_exceeded, not_found
from .importing import AthenaImport, ImportFailure
from .refreshes import INCREMENTAL, lookback_window
from .registry import DATA_SET, Operations, Registry, Resource
from .spice import UNITS, Imported, Spice, merged

FULL = "FULL_REFRESH"
MAX_MANUAL_A_DAY = 32
_DAY_SECONDS = 86_400
_WORKERS = 2
_KEPT = 100
ENDED = ("COMPLETED", "FAILED")
_log = logging.getLogger(__name__)


@dataclass
class Ingestion:
    """One import. `reason` is INITIAL_INGESTION, EDIT, or the type of a refresh."""

    id: str
    arn: str
    reason: str
    source: str
    """MANUAL or SCHEDULED."""
    created: float
    status: str = "INITIALIZED"
    failure: ImportFailure | None = None
    rows: int = 0
    total_rows: int = 0
    size_bytes: int = 0
    seconds: float = 0.0

    def shown(self) -> dict[str, Any]:
        """As the API tells it."""
        shown: dict[str, Any] = {
            "Arn": self.arn,
            "IngestionId": self.id,
            "IngestionStatus": self.status,
            "CreatedTime": self.created,
            "IngestionTimeInSeconds": round(self.seconds),
            "IngestionSizeInBytes": self.size_bytes,
            "RequestSource": self.source,
            "RequestType": self.reason,
        }
        if self.failure:
            shown["ErrorInfo"] = {"Type": self.failure.type, "Message": self.failure.message}
        if self.status == "COMPLETED":
            shown["RowInfo"] = {
                "RowsIngested": self.rows,
                "RowsDropped": 0,
                "TotalRowsInDataset": self.total_rows,
            }
        return shown


class Ingestions:
    """Carries imports out, those of one data set one after another, and remembers the last ones."""

    def __init__(self, registry: Registry, source: AthenaImport, spice: Spice, now: Callable[[], float]) -> None:
        """`now` is the time in epoch seconds."""
        self._registry = registry
        self._source = source
        self._spice = spice
        self._now = now
        self._ingestions: dict[str, dict[str, Ingestion]] = defaultdict(dict)
        self._turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._begun: list[Future[None]] = []
        self.operations: Operations = {
            "CreateIngestion": self._create,
            "DescribeIngestion": self._describe,
            "ListIngestions": self._list,
        }

    def begin(self, data_set: Resource, reason: str, id_: str = "") -> tuple[str, str]:
        """Import a data set in the background; the import's id and ARN."""
        made = self._made(data_set, reason, "MANUAL", id_)
        with self._lock:
            self._pool = self._pool or ThreadPoolExecutor(_WORKERS, thread_name_prefix="quicksight")
            self._begun = [future for future in self._begun if not future.done()]
            self._begun.append(self._pool.submit(self._run, data_set, made))
        return made.id, made.arn

    def refresh(self, data_set: Resource, type_: str) -> str:
        """Carry out what a schedule asks for; what came of it."""
        made = self._made(data_set, type_, "SCHEDULED")
        self._run(data_set, made)
        why = f": {made.failure.type} {made.failure.message}" if made.failure else f", {made.rows} rows"
        return f"{data_set.arn} {type_} {made.status}{why}"

    def last_failure(self, data_set: Resource) -> ImportFailure | None:
        """Why the last import failed; None if it did not."""
        with self._lock:
            ended = [made for made in self._ingestions[data_set.arn].values() if made.status in ENDED]
        return ended[-1].failure if ended else None

    def is_importing(self, data_set: Resource) -> bool:
        """Whether an import was begun that has not ended."""
        with self._lock:
            return any(made.status not in ENDED for made in self._ingestions[data_set.arn].values())

    def wait(self) -> None:
        """Wait until all that was begun has ended."""
        with self._lock:
            begun = list(self._begun)
        for future in begun:
            future.exception()

    def forget(self, data_set: Resource) -> None:
        """Keep nothing of a data set."""
        self._spice.forget(data_set.arn)
        with self._lock:
            self._ingestions.pop(data_set.arn, None)

    def stop(self) -> None:
        """Import nothing more."""
        self._source.stop()
        with self._lock:
            if self._pool:
                self._pool.shutdown(wait=False, cancel_futures=True)

    def _made(self, data_set: Resource, reason: str, source: str, id_: str = "") -> Ingestion:
        id_ = id_ or str(uuid.uuid4())
        made = Ingestion(id_, f"{data_set.arn}/ingestion/{id_}", reason, source, self._now())
        with self._lock:
            kept = self._ingestions[data_set.arn]
            if len(kept) >= _KEPT:
                del kept[next(iter(kept))]
            kept[id_] = made
        return made

    def _run(self, data_set: Resource, made: Ingestion) -> None:
        began = time.monotonic()
        with self._lock:
            turn = self._turns[data_set.arn]
        with turn:
            made.status = "RUNNING"
            try:
                self._import(data_set, made)
                made.status = "COMPLETED"
            except ImportFailure as failure:
                # What was imported before stays.
                made.failure, made.status = failure, "FAILED"
            except Exception as error:
                _log.exception("The import of %s failed", data_set.arn)
                made.failure = ImportFailure("INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}")
                made.status = "FAILED"
            made.seconds = time.monotonic() - began

    def _import(self, data_set: Resource, made: Ingestion) -> None:
        at, source = datetime.fromtimestamp(self._now(), UTC), source_of(data_set.content)
        window, before = lookback_window(data_set.refresh or {}), self._spice.get(data_set.arn)
        # What is left of another source's rows would never be replaced.
        if made.reason == INCREMENTAL and window and before and before.source == source:
            column = window["ColumnName"]
            since = (at - window["Size"] * UNITS[window["SizeUnit"]]).replace(tzinfo=None, microsecond=0)
            fresh = self._source.rows(source, column, since)
            table = merged(before.table, since, column, fresh)
        else:
            table = fresh = self._source.rows(source)
        made.rows, made.total_rows, made.size_bytes = fresh.num_rows, table.num_rows, table.nbytes
        with self._registry.lock:
            if self._registry.of_arn(data_set.arn) is not data_set:
                raise ImportFailure("DATA_SET_DELETED", f"DataSet {data_set.id} was deleted")
            self._spice.put(data_set.arn, Imported(table, at, source))

    def ask_for(self, found: Resource, type_: str, id_: str = "") -> tuple[str, str]:
        """Begin what somebody asks for by hand; the import's id and ARN. Raises ServiceError."""
        if found.content["ImportMode"] != SPICE:
            raise invalid(f"DataSet {found.id} is not a SPICE dataset")
        if type_ == INCREMENTAL and not lookback_window(found.refresh or {}):
            raise invalid(f"DataSet {found.id} has no refresh properties for incremental refreshes")
        with self._lock:
            known = self._ingestions[found.arn]
            if id_ in known:
                raise exists("Ingestion", id_)
            since = self._now() - _DAY_SECONDS
            asked_for = [it for it in known.values() if it.reason in (FULL, INCREMENTAL) and it.source == "MANUAL"]
            if sum(made.created > since for made in asked_for) >= MAX_MANUAL_A_DAY:
                raise limit_exceeded(f"DataSet {found.id} was refreshed {MAX_MANUAL_A_DAY} times within 24 hours")
        return self.begin(found, type_, id_)

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._registry.find(DATA_SET, asked["DataSetId"])
        id_, arn = self.ask_for(found, asked.get("IngestionType") or FULL, asked["IngestionId"])
        return {"Arn": arn, "IngestionId": id_, "IngestionStatus": "INITIALIZED"}

    def _describe(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._registry.find(DATA_SET, asked["DataSetId"])
        with self._lock:
            made = self._ingestions[found.arn].get(asked["IngestionId"])
        if made is None:
            raise not_found("Ingestion", asked["IngestionId"])
        return {"Ingestion": made.shown()}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._registry.find(DATA_SET, asked["DataSetId"])
        with self._lock:
            return {"Ingestions": [made.shown() for made in reversed(self._ingestions[found.arn].values())]}
