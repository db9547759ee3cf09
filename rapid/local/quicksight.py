"""QuickSight: moto keeps data sets and dashboards; what it cannot do with them is here.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any, Protocol

from moto.quicksight.models import QuickSightBackend, quicksight_backends
from werkzeug import Request, Response

from .clients import ACCOUNT_ID
from .service_error import ServiceError

_DATA_SETS = re.compile(r"/accounts/\d+/data-sets/?")
_DATA_SET = re.compile(r"/accounts/\d+/data-sets/(?P<id>[^/]+)/?")
_DASHBOARD_VERSION = re.compile(r"/accounts/\d+/dashboards/(?P<id>[^/]+)/versions/\d+/?")
_DASHBOARD = re.compile(r"/accounts/\d+/dashboards/(?P<id>[^/]+)/?")


class Forward(Protocol):
    """Gives moto's answer to a request."""

    def __call__(self) -> Response:
        """The answer to the request as it is."""


class QuickSightService:
    """Lists, renames and ends data sets, changes and ends dashboards; the rest is moto's."""

    def __init__(self, region: str) -> None:
        self._region = region

    @property
    def _backend(self) -> QuickSightBackend:
        return quicksight_backends[ACCOUNT_ID][self._region]

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError for a data set or dashboard that does not exist."""
        version = _DASHBOARD_VERSION.fullmatch(request.path)
        data_set, dashboard = _DATA_SET.fullmatch(request.path), _DASHBOARD.fullmatch(request.path)
        if _DATA_SETS.fullmatch(request.path) and request.method == "GET":
            found = self._backend.data_sets
            summaries = [{"Arn": item.arn, "DataSetId": id_, "Name": item.name} for id_, item in found.items()]
            return _answer({"DataSetSummaries": summaries})
        if data_set and request.method == "DELETE":
            ended = self._backend.data_sets.pop(self._known(self._backend.data_sets, data_set["id"], "DataSet"))
            return _answer({"Arn": ended.arn, "DataSetId": data_set["id"]})
        if data_set and request.method == "PUT":
            changed = self._backend.data_sets[self._known(self._backend.data_sets, data_set["id"], "DataSet")]
            # Its name is all that moto keeps of a data set.
            changed.name = json.loads(request.get_data())["Name"]
            return _answer({"Arn": changed.arn, "DataSetId": data_set["id"]})
        if dashboard and request.method == "PUT":
            return self._update_dashboard(dashboard["id"], json.loads(request.get_data()))
        if version and request.method == "PUT":
            published = self._backend.dashboards[self._known(self._backend.dashboards, version["id"], "Dashboard")]
            published.last_published_time = datetime.now()
            return _answer({"DashboardArn": published.arn, "DashboardId": version["id"]})
        if dashboard and request.method == "DELETE":
            gone = self._backend.dashboards.pop(self._known(self._backend.dashboards, dashboard["id"], "Dashboard"))
            return _answer({"Arn": gone.arn, "DashboardId": dashboard["id"]})
        response = forward()
        if response.status_code == 404 and response.mimetype == "text/html":
            # moto has no such path.
            message = f"The local cloud does not support {request.method} {request.path} of QuickSight"
            raise ServiceError("NotImplemented", message, 501)
        return response

    def _update_dashboard(self, id_: str, asked: dict[str, Any]) -> Response:
        dashboard = self._backend.dashboards[self._known(self._backend.dashboards, id_, "Dashboard")]
        dashboard.name, dashboard.definition = asked["Name"], asked.get("Definition")
        dashboard.version_number += 1
        dashboard.last_updated_time = datetime.now()
        answer = {"Arn": dashboard.arn, "VersionArn": dashboard.version_arn, "DashboardId": id_}
        return _answer({**answer, "CreationStatus": dashboard.status})

    def _known(self, items: dict[str, Any], id_: str, kind: str) -> str:
        if id_ not in items:
            raise ServiceError("ResourceNotFoundException", f"{kind} {id_} not found", 404)
        return id_


def _answer(content: dict[str, Any]) -> Response:
    body = {**content, "RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), content_type="application/json")
