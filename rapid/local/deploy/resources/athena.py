"""Athena: workgroups and named queries."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType

_WORKGROUP_RENAMES = {
    "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey",
    "configuration.resultConfiguration.aclConfiguration.s3AclOption": "S3AclOption",
}


def _workgroup(creation: Creation) -> Created:
    creation.take("forceDestroy")  # speaks of the workgroup's end, which creation does not meet
    state = creation.take("state", "ENABLED")
    if state != "ENABLED":
        raise PropertyError("state", f"is {state!r}; only ENABLED workgroups are made here")
    parameters = creation.convert("CreateWorkGroup", creation.rest(), _WORKGROUP_RENAMES)
    # The provider's defaults; the API's own are the same, but moto has none.
    parameters["Configuration"] = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        **parameters.get("Configuration", {}),
    }
    creation.call("CreateWorkGroup", **parameters)
    name = parameters["Name"]
    arn = f"arn:aws:athena:{creation.cloud.region}:{creation.cloud.account_id}:workgroup/{name}"
    return Created(name, {"arn": arn})


def _named_query(creation: Creation) -> Created:
    renames = {"query": "QueryString", "workgroup": "WorkGroup"}
    answer = creation.call("CreateNamedQuery", **creation.convert("CreateNamedQuery", creation.rest(), renames))
    return Created(answer["NamedQueryId"])


def _delete_workgroup(deletion: Deletion) -> None:
    force = bool(deletion.value("forceDestroy"))
    deletion.call("DeleteWorkGroup", WorkGroup=deletion.id, RecursiveDeleteOption=force)


def _delete_named_query(deletion: Deletion) -> None:
    deletion.call("DeleteNamedQuery", NamedQueryId=deletion.id)


# What makes a replacement: internal/service/athena/workgroup.go and named_query.go, where it is everything.
# The local cloud's Athena has no UpdateWorkGroup, so that no other property of a workgroup can be changed.
ROWS = (
    ResourceType(
        "aws:athena/workgroup:Workgroup",
        "athena",
        _workgroup,
        _delete_workgroup,
        AutoName(128),
        replace_on=("name",),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:athena/namedQuery:NamedQuery",
        "athena",
        _named_query,
        _delete_named_query,
        AutoName(128),
        replace_on=(ANY_PROPERTY,),
    ),
)
