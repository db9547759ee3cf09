"""Lets a function hear of the objects of a bucket that tells EventBridge of them."""

from collections.abc import Mapping, Sequence

import pulumi

from components import arn
from components.event_rule import invoke_for_events
from components.lambda_function import LambdaFunction

CREATED, DELETED = "Object Created", "Object Deleted"


def call_for_objects(
    name: str,
    description: str,
    bucket_arn: pulumi.Input[str],
    kinds: Sequence[str],
    function: LambdaFunction,
    opts: pulumi.ResourceOptions,
    keys: Mapping[str, object] | None = None,
) -> None:
    """Invoke the function for each event of one of these kinds, CREATED and DELETED, whose object has such a key.

    `keys` are as an event pattern has them, such as `{"prefix": "incoming/"}`; None: all.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    bucket = {"bucket": {"name": [arn.resource_name(bucket_arn)]}}
    pattern = {
        "source": ["aws.s3"],
        "detail-type": [*kinds],
        "detail": {**bucket, **({"object": {"key": [dict(keys)]}} if keys else {})},
    }
    invoke_for_events(name, description, pattern, function, opts)
