"""QuickSight: moto keeps data sets and dashboards; what it cannot do with them is here.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any

from moto.quicksight.models import QuickSightBackend, quicksight_backends
from werkzeug import Request, Response

from ..clients import ACCOUNT_ID
from ..server.planes import Forward
from ..service_error import ServiceError

_PATH = re.compile(r"/accounts/\d+/(?P<kind>data-sets|dashboards)(/(?P<id>[^/]+)(?P<version>/versions/\d+)?)?/?")
_KINDS = {"data-sets": "DataSet", "dashboards": "Dashboard"}


class QuickSightService:
    """Lists, renames and ends data sets, changes and ends dashboards; the rest is moto's."""

    def __init__(self, region: str) -> None:
        self._region = region

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError for a data set or dashboard that does not exist."""
        place = _PATH.fullmatch(request.path)
        if place and place["id"] and request.method in ("DELETE", "PUT"):
            return self._change(request, place["kind"], place["id"], place["version"] is not None)
        if place and place["kind"] == "data-sets" and not place["id"] and request.method == "GET":
            found = self._backend.data_sets.items()
            summaries = [{"Arn": item.arn, "DataSetId": id_, "Name": item.name} for id_, item in found]
            return _answer({"DataSetSummaries": summaries})
        response = forward()
        if response.status_code == 404 and response.mimetype == "text/html":
            # moto has no such path.
            message = f"The local cloud does not support {request.method} {request.path} of QuickSight"
            raise ServiceError("NotImplemented", message, 501)
        return response

    @property
    def _backend(self) -> QuickSightBackend:
        return quicksight_backends[ACCOUNT_ID][self._region]

    def _change(self, request: Request, kind: str, id_: str, is_publication: bool) -> Response:
        items: dict[str, Any] = getattr(self._backend, kind.replace("-", "_"))
        if id_ not in items:
            raise ServiceError("ResourceNotFoundException", f"{_KINDS[kind]} {id_} not found", 404)
        item = items[id_]
        answer = {"Arn": item.arn, f"{_KINDS[kind]}Id": id_}
        if request.method == "DELETE":
            del items[id_]
            return _answer(answer)
        asked = json.loads(request.get_data() or "{}")
        if is_publication:
            item.last_published_time = datetime.now()
            return _answer({"DashboardArn": item.arn, "DashboardId": id_})
        # Its name is all that moto keeps of a data set.
        item.name = asked["Name"]
        if kind == "dashboards":
            item.definition = asked.get("Definition")
            item.version_number += 1
            item.last_updated_time = datetime.now()
            answer |= {"VersionArn": item.version_arn, "CreationStatus": item.status}
        return _answer(answer)


def _answer(content: dict[str, Any]) -> Response:
    body = {**content, "RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), content_type="application/json")
