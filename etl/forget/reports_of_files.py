"""The reports of files, after rows of their files are erased: they count the rows that are left."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from etl.files.places import REPORTS
from etl.forget import versions


def count_without(s3: Any, bucket: str, source: str, request_id: str, erased: Iterable[str]) -> None:
    """Lower the number of rows in each report by those of its file among some ids, `<file id>-<number>`.

    What each request took is kept beside it, so that it is taken once however often this is done.
    """
    rows = Counter(event.rpartition("-")[0] for event in erased if event.rpartition("-")[2].isdigit())
    for version in versions.listed(s3, bucket, f"{REPORTS}{source}/"):
        file_id = version.key.removeprefix(f"{REPORTS}{source}/").removesuffix(".json")
        body = versions.read(s3, version) if version.is_latest and rows[file_id] else None
        if body is None:
            continue
        try:
            report = json.loads(body)
            taken = report.get("erased", {})
            whole = report["rows"] + sum(taken.values())
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        now = taken | {request_id: rows[file_id]}
        if now != taken:
            changed = report | {"rows": whole - sum(now.values()), "erased": now}
            versions.replace(s3, version, json.dumps(changed, indent=1).encode())
