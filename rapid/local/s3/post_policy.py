"""The policy of a posted form: until when it holds, and what the form must say.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import binascii
import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..service_error import ServiceError

_FREE = ("x-amz-signature", "file", "policy")
_FREE_PREFIX = "x-ignore-"
_RANGE = "content-length-range"
_RANGE_PARTS = 3


def check(policy: str, fields: Mapping[str, str], size_bytes: int, now: float) -> None:
    """Raises ServiceError if a form may not be posted; `fields` has the bucket too."""
    document = _document(policy)
    if _expiration(document) < now:
        raise _refused("Policy expired.")
    named = set()
    ranges = []
    for operator, name, value in _conditions(document):
        if operator == _RANGE:
            ranges.append((name, value))
            continue
        named.add(name)
        given = fields.get(name, "")
        if not (given == value if operator == "eq" else _starts_with(name, given, value)):
            raise _refused(f'Policy Condition failed: ["{operator}", "${name}", "{value}"]')
    extra = [name for name in fields if name not in named and name not in _FREE and not name.startswith(_FREE_PREFIX)]
    if extra:
        raise _refused(f"Extra input fields: {', '.join(extra)}")
    for least, most in ranges:
        if size_bytes < int(least):
            raise ServiceError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        if size_bytes > int(most):
            raise ServiceError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def _document(policy: str) -> Mapping[str, Any]:
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
    except (binascii.Error, ValueError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    return document


def _expiration(document: Mapping[str, Any]) -> float:
    text = document.get("expiration")
    if text is None:
        raise _invalid("Policy missing expiration.")
    try:
        return datetime.datetime.strptime(str(text).replace("Z", "+0000"), _time_format(str(text))).timestamp()
    except ValueError:
        raise _invalid(f"Invalid 'expiration' value: '{text}'") from None


def _time_format(text: str) -> str:
    return "%Y-%m-%dT%H:%M:%S.%f%z" if "." in text else "%Y-%m-%dT%H:%M:%S%z"


def _conditions(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Operator, name of the field in small letters and value of each; of a range the least and the most."""
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise _invalid("Policy missing conditions.")
    for condition in conditions:
        if isinstance(condition, dict) and len(condition) == 1:
            ((name, value),) = condition.items()
            yield "eq", str(name).lower(), str(value)
        elif isinstance(condition, list) and len(condition) == _RANGE_PARTS:
            yield _triple(*map(str, condition))
        else:
            raise _invalid("Invalid Condition: each is an object of one member, or a list of three.")


def _triple(operator: str, name: str, value: str) -> tuple[str, str, str]:
    operator = operator.lower()
    if operator == _RANGE:
        if not name.isdigit() or not value.isdigit():
            raise _invalid(f"Invalid {_RANGE}: ['{name}', '{value}']")
        return operator, name, value
    if operator not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Simple-Condition: unknown operation '{operator}'")
    if not name.startswith("$"):
        raise _invalid(f"Invalid Simple-Condition: '{name}' does not begin with $")
    return operator, name[1:].lower(), value


def _starts_with(name: str, given: str, beginning: str) -> bool:
    """A list of content types must begin so in each of its items."""
    items = given.split(",") if name == "content-type" else [given]
    return all(item.strip().startswith(beginning) for item in items)


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidPolicyDocument", f"Invalid Policy: {reason}")


def _refused(reason: str) -> ServiceError:
    return ServiceError("AccessDenied", f"Invalid according to Policy: {reason}", 403)
