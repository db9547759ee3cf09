"""Tags, which the provider changes in place on every resource that has them: internal/tags in its source.

Each service has one call that adds tags and one that takes them; how they name the resource and its tags is in
botocore's shapes.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.resource_type import UpdateRule
from rapid.local.deploy.update import Update


def tags(tag: str = "TagResource", untag: str = "UntagResource", named_by: str = "arn") -> UpdateRule:
    """The rule of a resource's tags; `named_by` is the property by which the two operations know the resource."""

    def apply(update: Update) -> None:
        before, after = update.inputs_before.get("tags") or {}, update.take_object("tags")
        gone = sorted({*before} - {*after})
        if gone:
            update.call(untag, **_parameters(update, untag, named_by, gone))
        if after:
            update.call(tag, **_parameters(update, tag, named_by, after))

    return UpdateRule(("tags",), apply)


def _parameters(update: Update, operation: str, named_by: str, changed: Any) -> dict[str, Any]:
    members = update.client.meta.service_model.operation_model(operation).input_shape.members
    resource = next(name for name, shape in members.items() if shape.type_name == "string")
    tagged = next(name for name, shape in members.items() if shape.type_name != "string")
    return {resource: update.before(named_by), **update.convert(operation, {"tags": changed}, {"tags": tagged})}
