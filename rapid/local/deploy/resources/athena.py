"""Athena: workgroups and named queries."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName

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


ROWS = (
    ResourceType("aws:athena/workgroup:Workgroup", "athena", _workgroup, AutoName(128)),
    ResourceType("aws:athena/namedQuery:NamedQuery", "athena", _named_query, AutoName(128)),
)
