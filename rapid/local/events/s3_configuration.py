"""Which notification configurations a bucket takes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..iam.errors import unsupported
from ..service_error import ServiceError
from .deliveries import DeliveryError
from .targets import Source, Targets, service_of

_EVENTS = {
    "s3:ObjectCreated:": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "s3:ObjectRemoved:": ("Delete", "DeleteMarkerCreated"),
}
# The members of a configuration as moto parses it, and the service that each notifies.
_DESTINATIONS = {"QueueConfiguration": ("Queue", "sqs"), "CloudFunctionConfiguration": ("CloudFunction", "lambda")}


class _Rule(NamedTuple):
    arn: str
    service: str
    events: frozenset[str]
    prefix: str
    suffix: str


def check(configuration: Mapping[str, Any], bucket: str, region: str, targets: Targets) -> None:
    """Raises ServiceError for a configuration that AWS, or the local cloud, does not take."""
    if configuration.get("TopicConfiguration"):
        raise unsupported("notifications to SNS topics")
    rules = list(_rules(configuration))
    for first, second in itertools.combinations(rules, 2):
        _check_overlap(first, second)
    for rule in rules:
        _check_destination(rule, bucket, region, targets)


def _rules(configuration: Mapping[str, Any]) -> Iterator[_Rule]:
    for kind, (member, service) in _DESTINATIONS.items():
        for given in configuration.get(kind) or []:
            key = (given.get("Filter") or {}).get("S3Key") or {}
            filters = {rule["Name"].lower(): rule["Value"] for rule in key.get("FilterRule", [])}
            events = frozenset(name for pattern in given["Event"] for name in _events(pattern))
            yield _Rule(given[member], service, events, filters.get("prefix", ""), filters.get("suffix", ""))


def _events(pattern: str) -> list[str]:
    for kind, names in _EVENTS.items():
        if pattern == f"{kind}*":
            return [f"{kind}{name}" for name in names]
        if pattern in [f"{kind}{name}" for name in names]:
            return [pattern]
    raise unsupported(f"notifications of the event {pattern}")


def _check_overlap(first: _Rule, second: _Rule) -> None:
    shared = first.events & second.events
    if not shared:
        return
    if not any((first.prefix, first.suffix, second.prefix, second.suffix)):
        message = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        raise ServiceError("InvalidArgument", message)
    prefixes, suffixes = (first.prefix, second.prefix), (first.suffix, second.suffix)
    if _one_begins_other(*prefixes) and _one_begins_other(*(suffix[::-1] for suffix in suffixes)):
        raise ServiceError(
            "InvalidArgument",
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type.",
        )


def _one_begins_other(first: str, second: str) -> bool:
    return first.startswith(second) or second.startswith(first)


def _check_destination(rule: _Rule, bucket: str, region: str, targets: Targets) -> None:
    refused = ServiceError("InvalidArgument", "Unable to validate the following destination configurations")
    if service_of(rule.arn) != rule.service or rule.arn.split(":")[3] != region or rule.arn.endswith(".fifo"):
        raise refused
    try:
        targets.check(rule.arn, Source("s3.amazonaws.com", f"arn:aws:s3:::{bucket}"))
    except DeliveryError:
        raise refused from None
