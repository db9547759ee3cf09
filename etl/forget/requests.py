"""What is to be erased, and what came of it: objects in the curated bucket, outside the tables' paths.

A request holds the value itself, since it is needed until the erasure is done; then it is deleted, with its versions.
The report that stays holds counts and names of places. `rapid counts` reads it.
"""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from etl import objects
from etl.forget import versions

REPORTS, REQUESTS = "erasures/", "erasure-requests/"
_IDS = ".ids.json.gz"


@dataclass(frozen=True)
class Request:
    """One request: a source, a field of its contract, and the value by which a person is known in it."""

    source: str
    id: str
    field: str
    value: str


class Requests:
    """The requests of one source."""

    def __init__(self, s3: Any, bucket: str, source: str) -> None:
        self._s3, self._bucket, self._source = s3, bucket, source

    def read(self, request_id: str) -> Request | None:
        """A request; None if there is none, or it is done."""
        found = self._get(self._key(request_id))
        content = json.loads(found) if found is not None else None
        return Request(self._source, request_id, content["field"], content["value"]) if content else None

    def ids(self, request_id: str) -> set[str]:
        """The ids of the events that an earlier run of a request found."""
        found = self._get(self._ids_key(request_id))
        return set(json.loads(gzip.decompress(found))) if found is not None else set()

    def note(self, request_id: str, ids: set[str]) -> None:
        """Keep the ids of the events, before the first of them is gone, so that all are counted in the end."""
        body = gzip.compress(json.dumps(sorted(ids)).encode(), mtime=0)
        self._s3.put_object(Bucket=self._bucket, Key=self._ids_key(request_id), Body=body)

    def report(self, request_id: str, report: dict[str, Any]) -> str:
        """Store a report in place of an earlier one of the same request; its key."""
        key = f"{REPORTS}{self._source}/{request_id}.json"
        body = json.dumps(report, indent=1).encode()
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        return key

    def done(self, request_id: str) -> None:
        """Delete a request for good, and then the ids: without a request they are nobody's, and the next run has them
        deleted should this one be killed in between."""
        self._delete(self._key(request_id))
        self._delete(self._ids_key(request_id))

    def tidy(self) -> None:
        """Delete ids that an earlier run left of a request that is done."""
        prefix = f"{REQUESTS}{self._source}/"
        keys = {version.key for version in versions.listed(self._s3, self._bucket, prefix)}
        for key in keys:
            if key.endswith(_IDS) and f"{key.removesuffix(_IDS)}.json" not in keys:
                self._delete(key)

    def _delete(self, key: str) -> None:
        versions.delete(self._s3, [it for it in versions.listed(self._s3, self._bucket, key) if it.key == key])

    def _key(self, request_id: str) -> str:
        return f"{REQUESTS}{self._source}/{request_id}.json"

    def _ids_key(self, request_id: str) -> str:
        return f"{REQUESTS}{self._source}/{request_id}{_IDS}"

    def _get(self, key: str) -> bytes | None:
        return objects.read(self._s3, self._bucket, key)
