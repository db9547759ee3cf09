"""Which targets a rule takes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html: a Glue workflow, but no Glue job.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..service_error import ServiceError
from . import target_input
from .targets import service_of

_KNOWN = frozenset(
    {"Arn", "DeadLetterConfig", "Id", "Input", "InputPath", "InputTransformer", "RetryPolicy", "SqsParameters"}
)
_FUNCTION = re.compile(r"arn:aws:lambda:(?P<region>[^:]+):\d{12}:function:[\w-]+(:[\w$-]+)?")
_QUEUE = re.compile(r"arn:aws:sqs:(?P<region>[^:]+):\d{12}:[\w-]+(?P<fifo>\.fifo)?")
_GLUE_JOB = re.compile(r"arn:aws:glue:[^:]+:\d{12}:job/.+")


def check(targets: Iterable[Mapping[str, Any]], region: str) -> None:
    """Raises ServiceError for a target that AWS, or the local cloud, does not take."""
    for target in targets:
        _check_arn(target["Arn"], region)
        unknown = sorted(name for name in target if name not in _KNOWN and target[name] is not None)
        if unknown:
            raise _unsupported(f"targets of rules with {', '.join(unknown)}")
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
        raise _unsupported(f"{arn} as the target of a rule")
    raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _unsupported(what: str) -> ServiceError:
    return ServiceError("NotImplemented", f"The local cloud does not support {what}", 501)
