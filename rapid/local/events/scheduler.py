"""The EventBridge Scheduler API. All of it is ours: moto's knows no clock, no roles, and neither tokens nor limits.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug import Request, Response

from .. import input_constraints
from ..clients import Clients
from ..iam import rest_routes
from ..iam.errors import unsupported
from ..server.planes import Forward
from ..service_error import ServiceError
from . import expressions
from .clock import Clock, Entry
from .schedule_target import ScheduleTargets
from .schedules import DEFAULT_GROUP, Document, Schedules

_MAX_PAGE = 100
# Targets are invoked within a minute: what is due when its schedule is made is not past yet.
_PRECISION_SECONDS = 60
_START_SECONDS = 300
_DEFAULT_RETRY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_KEPT = ("Description", "EndDate", "FlexibleTimeWindow", "ScheduleExpression", "StartDate")


class SchedulerService:
    """Schedules, their groups, and their entries in the clock."""

    def __init__(self, clients: Clients, targets: ScheduleTargets, clock: Clock) -> None:
        self._clients = clients
        self._targets = targets
        self._clock = clock
        self._schedules = Schedules(clients.region)
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateSchedule": self._create,
            "CreateScheduleGroup": self._create_group,
            "DeleteSchedule": self._delete,
            "DeleteScheduleGroup": self._delete_group,
            "GetSchedule": lambda asked: self._schedules.find(_group(asked), asked["Name"]),
            "GetScheduleGroup": lambda asked: self._schedules.group(asked["Name"]),
            "ListScheduleGroups": self._list_groups,
            "ListSchedules": self._list,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateSchedule": self._update,
        }

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request."""
        name, parameters = rest_routes.find("scheduler", request) or ("", {})
        if name not in self._operations:
            raise unsupported(f"EventBridge Scheduler's {name or request.path}")
        body = request.get_json(force=True, silent=True) or {}
        asked = {**body, **parameters}
        if "TagKeys" in request.args:
            asked["TagKeys"] = request.args.getlist("TagKeys")
        if "MaxResults" in asked:
            asked["MaxResults"] = int(asked["MaxResults"])
        model = self._clients.client("scheduler").meta.service_model
        input_constraints.check_members(model, name, asked, "ValidationException")
        return Response(json.dumps(self._operations[name](asked)), content_type="application/json")

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        self._schedules.check_group(_group(asked))
        document = self._document(asked, now, now)
        token = asked.pop("ClientToken", None)
        if self._schedules.create(document, token, asked):
            self._follow(document, now)
        return {"ScheduleArn": document["Arn"]}

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        known = self._schedules.find(_group(asked), asked["Name"])
        document = self._document(asked, known["CreationDate"], now)
        self._schedules.replace(document)
        self._follow(document, now)
        return {"ScheduleArn": document["Arn"]}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._clock.remove(self._schedules.delete(_group(asked), asked["Name"])["Arn"])
        return {}

    def _document(self, asked: Mapping[str, Any], created: float, now: float) -> Document:
        """A schedule as it is kept; what is not given is as AWS sets it. Raises ServiceError."""
        if asked.get("KmsKeyArn"):
            raise unsupported("schedules with a KMS key of their own")
        _check_window(asked["FlexibleTimeWindow"])
        if asked.get("EndDate") and asked["EndDate"] <= (asked.get("StartDate") or 0):
            raise _invalid("The EndDate you specify must come after the StartDate.")
        if not asked["ScheduleExpression"].startswith("at(") and (asked.get("StartDate") or now) < now - _START_SECONDS:
            raise _invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
        zone = asked.get("ScheduleExpressionTimezone") or "UTC"
        _expression(asked["ScheduleExpression"], zone, now)
        target = asked["Target"]
        self._targets.check(target)
        group, name = _group(asked), asked["Name"]
        return {
            **{member: asked[member] for member in _KEPT if asked.get(member) is not None},
            "Arn": self._schedules.arn(group, name),
            "GroupName": group,
            "Name": name,
            "ActionAfterCompletion": asked.get("ActionAfterCompletion") or "NONE",
            "CreationDate": created,
            "LastModificationDate": now,
            "ScheduleExpressionTimezone": zone,
            "State": asked.get("State") or "ENABLED",
            "Target": {**target, "RetryPolicy": {**_DEFAULT_RETRY, **(target.get("RetryPolicy") or {})}},
        }

    def _follow(self, document: Document, now: float) -> None:
        """Let the clock know of a schedule; one that has ended is deleted if it says so."""
        self._clock.remove(document["Arn"])
        if document["State"] != "ENABLED":
            return
        text, is_once = document["ScheduleExpression"], document["ScheduleExpression"].startswith("at(")
        begin = max(now, document.get("StartDate") or now)
        expression = _expression(text, document["ScheduleExpressionTimezone"], begin)
        cursor = now - _PRECISION_SECONDS if is_once else begin - 1
        # A one-time schedule does not mind the dates.
        end = None if is_once else document.get("EndDate")

        def ended() -> None:
            if document["ActionAfterCompletion"] == "DELETE":
                self._delete({"GroupName": document["GroupName"], "Name": document["Name"]})

        def run(due: float) -> str:
            return self._targets.run(document, due)

        self._clock.put(document["Arn"], Entry(expression, run, cursor, end, ended))

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        group, state, prefix = asked.get("GroupName"), asked.get("State"), asked.get("NamePrefix") or ""
        if group:
            self._schedules.check_group(group)
        found = [
            schedule
            for schedule in self._schedules.all()
            if group in (None, schedule["GroupName"])
            and state in (None, schedule["State"])
            and schedule["Name"].startswith(prefix)
        ]
        shown = ("Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State")
        summaries = [
            {**{member: schedule[member] for member in shown}, "Target": {"Arn": schedule["Target"]["Arn"]}}
            for schedule in found
        ]
        return _page("Schedules", summaries, asked)

    def _create_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or []}
        return {"ScheduleGroupArn": self._schedules.create_group(asked["Name"], self._clock.now(), tags)}

    def _delete_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        for schedule in self._schedules.delete_group(asked["Name"]):
            self._clock.remove(schedule["Arn"])
        return {}

    def _list_groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        prefix = asked.get("NamePrefix") or ""
        found = [group for group in self._schedules.groups() if group["Name"].startswith(prefix)]
        return _page("ScheduleGroups", found, asked)

    def _list_tags(self, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._schedules.tags(asked["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._schedules.tags(asked["ResourceArn"]).update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {}

    def _untag(self, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._schedules.tags(asked["ResourceArn"])
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return {}


def _group(asked: Mapping[str, Any]) -> str:
    return asked.get("GroupName") or DEFAULT_GROUP


def _expression(text: str, zone: str, begin: float) -> expressions.Expression:
    try:
        return expressions.of_schedule(text, zone, begin)
    except KeyError:
        raise _invalid(f"Invalid ScheduleExpressionTimezone {zone}.") from None
    except ValueError:
        raise _invalid(f"Invalid Schedule Expression {text}.") from None


def _check_window(window: Mapping[str, Any]) -> None:
    """A target that is invoked at the beginning of a flexible window is invoked within it."""
    is_flexible, minutes = window["Mode"] == "FLEXIBLE", window.get("MaximumWindowInMinutes")
    if is_flexible != (minutes is not None):
        raise _invalid("MaximumWindowInMinutes is given with the mode FLEXIBLE, and only with it.")


def _page(member: str, found: list[Document], asked: Mapping[str, Any]) -> dict[str, Any]:
    token = str(asked.get("NextToken") or "0")
    if not token.isdigit():
        raise _invalid("Invalid NextToken.")
    start = int(token)
    size = asked.get("MaxResults") or _MAX_PAGE
    answer: dict[str, Any] = {member: found[start : start + size]}
    if len(found) > start + size:
        answer["NextToken"] = str(start + size)
    return answer


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
