"""Where pages can send events to."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi


class Doors(TypedDict):
    """What a page must know to send the events of a source."""

    url: pulumi.Input[str]
    """Address of the API; a source's path comes after it."""
    paths: Mapping[str, str]
    """The path of each source."""
    stage_arn: pulumi.Input[str]
    """ARN of the API's stage."""
    identity_pool_id: pulumi.Input[str] | None
    """What pages ask for the credentials of a guest; None where there are none."""
    stream_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the delivery stream of each source."""
