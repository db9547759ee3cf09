"""Pulumi's resource options that change what a deployment does, and that this one does not know."""

from __future__ import annotations

from pulumi.runtime.proto import resource_pb2

from rapid.local.deploy.errors import DeployError


def refuse_options(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise DeployError for an option that would be ignored; see `pulumi.ResourceOptions`.

    Aliases by type alone, which the provider's SDK gives to types that were renamed, ask for nothing here.
    """
    renamed = any(
        alias.urn or alias.spec.name or alias.spec.stack or alias.spec.project or alias.spec.parentUrn
        for alias in request.aliases
    )
    given = {
        "aliases": renamed,
        "ignore_changes": bool(request.ignoreChanges),
        "replace_on_changes": bool(request.replaceOnChanges),
        "replace_with": bool(request.replace_with),
        "deleted_with": bool(request.deletedWith),
    }
    for option, is_given in given.items():
        if is_given:
            raise DeployError(f"the resource option {option} is not supported by the local cloud; leave it out")
