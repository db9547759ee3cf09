"""The EventBridge Scheduler API: schedules that invoke a function once, or by cron, in UTC.

All of it is ours: moto's knows no clock, no roles, and neither tokens nor limits.
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug import Request, Response

from .. import input_constraints
from ..billing.meter import METER, Resource
from ..clients import Clients
from ..iam import operations
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import expressions
from .clock import Clock, Entry, utc_text
from .schedules import DEFAULT_GROUP, Document, Schedules

_log = logging.getLogger(__name__)

PRINCIPAL = "scheduler.amazonaws.com"
_MAX_PAGE = 100
# Targets are invoked within a minute: what is due when its schedule is made is not past yet.
_PRECISION_SECONDS = 60
_RETRY_POLICY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_FUNCTION = re.compile(r"arn:aws:lambda:[^:]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_MEMBERS = frozenset(
    {
        "ActionAfterCompletion",
        "ClientToken",
        "Description",
        "FlexibleTimeWindow",
        "GroupName",
        "Name",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "State",
        "Target",
    }
)
_TARGET_MEMBERS = frozenset({"Arn", "Input", "RetryPolicy", "RoleArn"})
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
_CONTEXT, _SCHEDULED_TIME = "<aws.scheduler.", "<aws.scheduler.scheduled-time>"


class SchedulerService:
    """Schedules, their groups, and their entries in the clock."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._invoking = clients.of_service(PRINCIPAL)
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
        name, parameters = operations.rest_operation("scheduler", request) or ("", {})
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
        _only(asked, _MEMBERS, "schedules with {}")
        if asked["FlexibleTimeWindow"].get("Mode") != "OFF":
            raise unsupported("schedules with a flexible time window")
        if asked.get("ScheduleExpressionTimezone") not in (None, "UTC"):
            raise unsupported(f"schedules in the time zone {asked['ScheduleExpressionTimezone']}, but in UTC alone")
        try:
            expressions.parse(asked["ScheduleExpression"])
        except ValueError as error:
            raise _invalid(f"Invalid Schedule Expression {asked['ScheduleExpression']}. ({error})") from None
        self._check_target(asked["Target"])
        group, name = _group(asked), asked["Name"]
        return {
            "ActionAfterCompletion": asked.get("ActionAfterCompletion") or "NONE",
            "Arn": self._schedules.arn(group, name),
            "CreationDate": created,
            **({"Description": asked["Description"]} if asked.get("Description") else {}),
            "FlexibleTimeWindow": asked["FlexibleTimeWindow"],
            "GroupName": group,
            "LastModificationDate": now,
            "Name": name,
            "ScheduleExpression": asked["ScheduleExpression"],
            "ScheduleExpressionTimezone": "UTC",
            "State": asked.get("State") or "ENABLED",
            "Target": {**asked["Target"], "RetryPolicy": _RETRY_POLICY},
        }

    def _check_target(self, target: Mapping[str, Any]) -> None:
        _only(target, _TARGET_MEMBERS, "schedules whose target has {}")
        if (target.get("RetryPolicy") or _RETRY_POLICY) != _RETRY_POLICY:
            raise unsupported("schedules with a retry policy of their own")
        if not _FUNCTION.fullmatch(target["Arn"]):
            raise unsupported(f"{target['Arn']} as the target of a schedule, but functions alone")
        text = target.get("Input")
        if text is None or _CONTEXT in text.replace(_SCHEDULED_TIME, ""):
            raise unsupported(f"schedules without an input, or with attributes of the context but {_SCHEDULED_TIME}")
        try:
            json.loads(text)
        except ValueError:
            raise _invalid("Input is not valid JSON.") from None
        try:
            self._invoking.assume(target["RoleArn"], "local-cloud")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
                # Who may assume the role cannot be told.
                raise ServiceError("NotImplemented", error.response["Error"]["Message"], 501) from None
            message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            raise _invalid(message) from None

    def _follow(self, document: Document, now: float) -> None:
        """Let the clock know of a schedule; one that has ended is deleted if it says so."""
        self._clock.remove(document["Arn"])
        if document["State"] != "ENABLED":
            return
        expression = expressions.parse(document["ScheduleExpression"])
        cursor = now - (_PRECISION_SECONDS if isinstance(expression, expressions.At) else 1)

        def ended() -> None:
            if document["ActionAfterCompletion"] == "DELETE":
                self._delete({"GroupName": document["GroupName"], "Name": document["Name"]})

        self._clock.put(document["Arn"], Entry(expression, lambda due: self._invoke(document, due), cursor, ended))

    def _invoke(self, schedule: Mapping[str, Any], due: float) -> str:
        """Invoke a schedule's function with its role for a time at which it is due; what came of it."""
        target = schedule["Target"]
        text = target["Input"].replace(_SCHEDULED_TIME, utc_text(due))
        try:
            client = self._invoking.client("lambda", target["RoleArn"])
            METER.count("scheduler_invocations", Resource("scheduler", schedule["GroupName"]))
            client.invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=text)
        except (BotoCoreError, ClientError) as error:
            _log.warning("The schedule %s could not invoke %s: %s", schedule["Name"], target["Arn"], error)
            return f"{target['Arn']} {error}"
        return f"{target['Arn']} delivered"

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        group, prefix = asked.get("GroupName"), asked.get("NamePrefix") or ""
        if group:
            self._schedules.check_group(group)
        shown = ("Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State")
        summaries = [
            {**{member: schedule[member] for member in shown}, "Target": {"Arn": schedule["Target"]["Arn"]}}
            for schedule in self._schedules.all()
            if group in (None, schedule["GroupName"])
            and asked.get("State") in (None, schedule["State"])
            and schedule["Name"].startswith(prefix)
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


def _only(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = sorted(name for name in given if name not in known and given[name] is not None)
    if unknown:
        raise unsupported(what.format(", ".join(unknown)))


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
