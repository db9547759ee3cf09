"""Names of resources, and the names that they had: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pulumi.runtime.proto import alias_pb2, resource_pb2

STACK_TYPE = "pulumi:pulumi:Stack"


def urn_of(project: str, stack: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; `parent` is its parent's URN, empty for the stack itself."""
    parent_type = parent.split("::")[2] if parent else STACK_TYPE
    qualified = type_ if parent_type == STACK_TYPE else f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def earlier_urns(
    request: resource_pb2.RegisterResourceRequest, project: str, stack: str, earlier_of_parent: Iterable[str]
) -> list[str]:
    """Return the URNs that a resource may have had, by its own aliases and by those of its parent.

    https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/; a child that is called after its parent was
    called after the parent's earlier name, as in Pulumi's engine (pkg/resource/deploy/step_generator.go).
    """
    parents = [request.parent, *earlier_of_parent]
    found = [urn_of(project, stack, parent, request.type, _renamed(request, parent)) for parent in parents[1:]]
    for alias in request.aliases:
        if alias.urn:
            found.append(alias.urn)
        else:
            found += _urns_of(alias.spec, request, project, stack, parents)
    return found


def _urns_of(
    spec: alias_pb2.Alias.Spec,
    request: resource_pb2.RegisterResourceRequest,
    project: str,
    stack: str,
    parents: Iterable[str],
) -> Iterator[str]:
    has_own_parent = spec.noParent or spec.parentUrn
    for parent in [spec.parentUrn] if has_own_parent else parents:
        name = spec.name or (request.name if has_own_parent else _renamed(request, parent))
        yield urn_of(spec.project or project, spec.stack or stack, parent, spec.type or request.type, name)


def _renamed(request: resource_pb2.RegisterResourceRequest, parent: str) -> str:
    """The name of a resource as it was while its parent was another."""
    name_of_parent = request.parent.rpartition("::")[2]
    if request.parent and request.name.startswith(name_of_parent):
        return parent.rpartition("::")[2] + request.name.removeprefix(name_of_parent)
    return request.name
