"""What a schedule does: it invokes a function, sends to a queue, or calls an operation of any service, with a role.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import json
import logging
import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError, UnknownServiceError
from botocore.loaders import Loader

from ..clients import ACCOUNT_ID, Clients
from ..iam.errors import unsupported
from ..service_error import ServiceError
from .clock import utc_text
from .deliveries import Deliveries, Delivery, DeliveryError, Failure, retry_policy
from .targets import Targets, attributes, request, service_of

_log = logging.getLogger(__name__)

PRINCIPAL = "scheduler.amazonaws.com"
_UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:(?P<service>\w+):(?P<action>\w+)")
_TEMPLATED = re.compile(
    r"arn:aws:(lambda:(?P<region>[^:]+):\d{12}:function:[\w-]+(:[\w$-]+)?|sqs:(?P<of_queue>[^:]+):\d{12}:[\w-]+(\.fifo)?)"
)
_QUEUE = re.compile(r"arn:aws:sqs:[^:]+:\d{12}:[\w-]+")
# Actions that only read cannot be the target of a schedule.
_READING = re.compile(
    r"(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|batchDescribe"
    r"|batchRead|transactGet|adminGet|adminList|testMigration|retrieve|testConnection|translateDocument|isAuthorized"
    r"|invokeModel)(?![a-z])"
)
_KNOWN = frozenset({"Arn", "DeadLetterConfig", "Input", "RetryPolicy", "RoleArn", "SqsParameters"})


class ScheduleTargets:
    """Carries out what schedules say."""

    def __init__(self, clients: Clients, targets: Targets, deliveries: Deliveries) -> None:
        self._clients = clients.of_service(PRINCIPAL)
        self._targets = targets
        self._deliveries = deliveries

    def check(self, target: Mapping[str, Any]) -> None:
        """Raises ServiceError for a target that AWS, or the local cloud, does not take."""
        unknown = sorted(name for name in target if name not in _KNOWN and target[name] is not None)
        if unknown:
            raise unsupported(f"schedules whose target has {', '.join(unknown)}")
        arn, text = target["Arn"], target.get("Input")
        if universal := _UNIVERSAL.fullmatch(arn):
            _check_action(universal["service"], universal["action"])
            text = text or "{}"
        elif not _TEMPLATED.fullmatch(arn):
            if service_of(arn) in ("", "lambda", "sqs"):
                raise _invalid(f"Provided Arn is not in correct format: {arn}")
            raise unsupported(f"{arn} as the target of a schedule")
        if text is not None and (universal or service_of(arn) == "lambda") and not _is_json(text):
            raise _invalid("Input is not valid JSON.")
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue and not _QUEUE.fullmatch(queue):
            raise _invalid("The dead-letter queue of a schedule is a standard queue.")
        self._check_role(target["RoleArn"])

    def run(self, schedule: Mapping[str, Any], due: float) -> str:
        """Do what a schedule says at the time when it is due; what came of the first attempt."""
        target, execution_id = schedule["Target"], str(uuid.uuid4())

        def send(attempt: int) -> None:
            self._send(target, _filled(schedule, due, execution_id, attempt))

        def give_up(failure: Failure) -> None:
            self._give_up(schedule, due, execution_id, failure)

        delivery = Delivery(send, give_up, retry_policy(target), len(target.get("Input") or ""))
        return f"{target['Arn']} {self._deliveries.carry_out(delivery)}"

    def _check_role(self, role_arn: str) -> None:
        try:
            self._clients.assume(role_arn, "local-cloud")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
                # Who may assume the role cannot be told.
                raise ServiceError("NotImplemented", error.response["Error"]["Message"], 501) from None
            message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            raise _invalid(message) from None

    def _send(self, target: Mapping[str, Any], text: str) -> None:
        universal = _UNIVERSAL.fullmatch(target["Arn"])
        if not universal:
            message = {name: value for name, value in (target.get("SqsParameters") or {}).items() if value}
            self._targets.send_with_role(self._clients, target["RoleArn"], target["Arn"], text, **message)
            return
        client = self._clients.client(universal["service"], target["RoleArn"])
        request(client, _operation(universal["action"]), json.loads(text))

    def _give_up(self, schedule: Mapping[str, Any], due: float, execution_id: str, failure: Failure) -> None:
        """https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html."""
        target = schedule["Target"]
        _log.warning("The schedule %s could not call %s: %s", schedule["Name"], target["Arn"], failure.error)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        described = attributes(
            {
                "ERROR_CODE": failure.error.code,
                "ERROR_MESSAGE": failure.error.message,
                "EXECUTION_ID": execution_id,
                "EXHAUSTED_RETRY_CONDITION": failure.condition,
                "IS_PAYLOAD_TRUNCATED": "false",
                "RETRY_ATTEMPTS": str(failure.retries),
                "SCHEDULED_TIME": utc_text(due),
                "SCHEDULE_ARN": schedule["Arn"],
                "TARGET_ARN": target["Arn"],
            }
        )
        text = _filled(schedule, due, execution_id, failure.retries + 1)
        try:
            self._targets.send_with_role(self._clients, target["RoleArn"], queue, text, MessageAttributes=described)
        except DeliveryError as error:
            _log.warning("The dead-letter queue %s did not take what was given up: %s", queue, error)


def _filled(schedule: Mapping[str, Any], due: float, execution_id: str, attempt: int) -> str:
    """The input, with the attributes of the schedule's context put in.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    target = schedule["Target"]
    if target.get("Input") is None:
        return "{}" if _UNIVERSAL.fullmatch(target["Arn"]) else json.dumps(_default_event(schedule, due))
    text = str(target["Input"])
    for name, value in {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": utc_text(due),
        "execution-id": execution_id,
        "attempt-number": str(attempt),
    }.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _default_event(schedule: Mapping[str, Any], due: float) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT_ID,
        "time": utc_text(due),
        "region": schedule["Arn"].split(":")[3],
        "resources": [schedule["Arn"]],
        "detail": "{}",
    }


def _check_action(service: str, action: str) -> None:
    if _READING.match(action):
        raise _invalid(f"{service}:{action} only reads; it cannot be the target of a schedule.")
    if _operation(action) not in _operations(service):
        raise _invalid(f"There is no API action {service}:{action}.")


def _operation(action: str) -> str:
    """The API's name of an action; in a target's ARN it begins with a small letter."""
    return action[0].upper() + action[1:]


@lru_cache
def _operations(service: str) -> frozenset[str]:
    try:
        return frozenset(Loader().load_service_model(service, "service-2")["operations"])
    except UnknownServiceError:
        return frozenset()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
