"""The tags that say which stack a resource is of, put onto everything that takes tags."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components import names

STACK_TAG = "rapid-analytics:stack"
"""The one tag that tells all resources of a stack from all others of the account: `<project>/<stack>`.

Bills are split by it once it is activated as a cost allocation tag
(https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html)."""

UNTAGGED_TYPES = frozenset({"aws:s3/bucketObjectv2:BucketObjectv2"})
"""Types that take tags and get none. S3 bills each tag of an object by the month, and no bill is split by them
(https://aws.amazon.com/s3/pricing/); the objects' buckets are tagged."""


def stack_tags() -> dict[str, str]:
    """The tags of the program's stack.

    Keys and values hold what all services take (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html):
    Pulumi lets names of projects and stacks have letters, digits, `-`, `_` and `.` alone.
    """
    return {"Project": pulumi.get_project(), "Environment": pulumi.get_stack(), STACK_TAG: names.stack()}


def tag_everything(tags: Mapping[str, str]) -> None:
    """Put tags onto every resource that is registered from now on and takes tags; its own tags win."""

    def add(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ in UNTAGGED_TYPES or "tags" not in args.props:
            return None
        return pulumi.ResourceTransformationResult({**args.props, "tags": _merged(tags, args.props["tags"])}, args.opts)

    pulumi.runtime.register_stack_transformation(add)


def _merged(tags: Mapping[str, str], own: Any) -> Any:
    return pulumi.Output.from_input(own).apply(lambda given: {**tags, **given}) if own else dict(tags)
