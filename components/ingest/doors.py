"""Where pages can send events to."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi


class Doors(TypedDict):
    """What a page must know to send the events of a source: of the API, or of the streams and who may put onto them."""

    url: NotRequired[pulumi.Input[str]]
    """Address of the API; a source's path comes after it."""
    paths: NotRequired[Mapping[str, str]]
    """The path of each source that scripts of any page may post to."""
    stage_arn: NotRequired[pulumi.Input[str]]
    """ARN of the API's stage."""
    identity_pool_id: NotRequired[pulumi.Input[str] | None]
    """What pages ask for the credentials of a guest; None where there are none."""
    stream_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the delivery stream of each source."""
