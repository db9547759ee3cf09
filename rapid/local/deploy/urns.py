"""Names of resources: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns."""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"


def urn_of(project: str, stack: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; `parent` is its parent's URN, empty for the stack itself."""
    parent_type = parent.split("::")[2] if parent else STACK_TYPE
    qualified = type_ if parent_type == STACK_TYPE else f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"
