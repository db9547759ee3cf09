"""Which targets a rule takes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html: a Glue workflow, but no Glue job.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..iam.errors import unsupported
from ..service_error import ServiceError
from . import target_input
from .targets import service_of

MAX_TARGETS = 5
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html, a rule."""
_KNOWN = frozenset(
    {"Arn", "DeadLetterConfig", "Id", "Input", "InputPath", "InputTransformer", "RetryPolicy", "SqsParameters"}
)
_FUNCTION = re.compile(r"arn:aws:lambda:(?P<region>[^:]+):\d{12}:function:[\w-]+(:[\w$-]+)?")
_QUEUE = re.compile(r"arn:aws:sqs:(?P<region>[^:]+):\d{12}:[\w-]+(?P<fifo>\.fifo)?")
_GLUE_JOB = re.compile(r"arn:aws:glue:[^:]+:\d{12}:job/.+")


def check(targets: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]], region: str) -> None:
    """Raises ServiceError for targets that AWS, or the local cloud, does not take beside those that a rule has."""
    if len({target["Id"] for target in (*targets, *known)}) > MAX_TARGETS:
        raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in targets:
        _check_arn(target["Arn"], region)
        if target["Arn"].endswith(".fifo") and not target.get("SqsParameters"):
            raise _invalid(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")
        unknown = sorted(name for name in target if name not in _KNOWN and target[name] is not None)
        if unknown:
            raise unsupported(f"targets of rules with {', '.join(unknown)}")
        try:
            target_input.check(target)
        except target_input.InputError as error:
            raise _invalid(f"{error} for target {target['Id']}.") from None
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        matched = _QUEUE.fullmatch(queue) if queue else None
        if queue and (not matched or matched["fifo"]):
            raise _invalid(f"Parameter {queue} is not valid. Reason: a dead-letter queue is a standard queue.")


def _check_arn(arn: str, region: str) -> None:
    found = _FUNCTION.fullmatch(arn) or _QUEUE.fullmatch(arn)
    if found and found["region"] == region:
        return
    if not found and service_of(arn) not in ("", "lambda", "sqs") and not _GLUE_JOB.fullmatch(arn):
        raise unsupported(f"{arn} as the target of a rule")
    raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
