"""Athena: workgroups and named queries."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import KEPT, Update

_WORKGROUP_RENAMES = {
    "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey",
    "configuration.resultConfiguration.aclConfiguration.s3AclOption": "S3AclOption",
}


_PROVIDER_DEFAULTS = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}
_WHEN_REMOVED = {"description": "", "state": "ENABLED"}


def _workgroup(creation: Creation) -> Created:
    creation.take("forceDestroy")  # speaks of the workgroup's end, which creation does not meet
    state = creation.take("state", "ENABLED")
    parameters = creation.convert("CreateWorkGroup", creation.rest(), _WORKGROUP_RENAMES)
    # The provider's defaults; the API's own are the same, but moto has none.
    parameters["Configuration"] = {**_PROVIDER_DEFAULTS, **parameters.get("Configuration", {})}
    creation.call("CreateWorkGroup", **parameters)
    name = parameters["Name"]
    if state != "ENABLED":
        creation.begin(Created(name))
        creation.call("UpdateWorkGroup", WorkGroup=name, **creation.convert("UpdateWorkGroup", {"state": state}))
    arn = f"arn:aws:athena:{creation.cloud.region}:{creation.cloud.account_id}:workgroup/{name}"
    return Created(name, {"arn": arn})


def _named_query(creation: Creation) -> Created:
    renames = {"query": "QueryString", "workgroup": "WorkGroup"}
    answer = creation.call("CreateNamedQuery", **creation.convert("CreateNamedQuery", creation.rest(), renames))
    return Created(answer["NamedQueryId"])


def _update_workgroup(update: Update) -> None:
    values = update.pick(("configuration", "description", "state"), {"configuration": KEPT, **_WHEN_REMOVED})
    configuration = values.pop("configuration", None)
    parameters = update.convert("UpdateWorkGroup", values)
    if configuration is not None:
        parameters["ConfigurationUpdates"] = _configuration_updates(update, configuration)
    if parameters:
        update.call("UpdateWorkGroup", WorkGroup=update.id, **parameters)


def _configuration_updates(update: Update, configuration: Any) -> dict[str, Any]:
    """The provider sends its defaults, and asks for the removal of what can be removed and is not given."""
    renames = {**_WORKGROUP_RENAMES, "configuration.resultConfiguration": "ResultConfigurationUpdates"}
    converted = update.convert("UpdateWorkGroup.ConfigurationUpdates", configuration, renames, "configuration")
    updates = {**_PROVIDER_DEFAULTS, "RequesterPaysEnabled": False, **converted}
    if not updates.get("BytesScannedCutoffPerQuery"):
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    results = updates.setdefault("ResultConfigurationUpdates", {})
    for name in ("AclConfiguration", "EncryptionConfiguration", "ExpectedBucketOwner", "OutputLocation"):
        if name not in results:
            results[f"Remove{name}"] = True
    return updates


def _queries_so_called(made: Deletion) -> list[str]:
    ids = made.call("ListNamedQueries", WorkGroup=made.value("workgroup") or "primary").get("NamedQueryIds", [])
    queries = [made.call("GetNamedQuery", NamedQueryId=id_)["NamedQuery"] for id_ in ids]
    return [query["NamedQueryId"] for query in queries if query["Name"] == made.value("name")]


def _delete_workgroup(deletion: Deletion) -> None:
    force = bool(deletion.value("forceDestroy"))
    deletion.call("DeleteWorkGroup", WorkGroup=deletion.id, RecursiveDeleteOption=force)


def _delete_named_query(deletion: Deletion) -> None:
    deletion.call("DeleteNamedQuery", NamedQueryId=deletion.id)


# What makes a replacement: internal/service/athena/workgroup.go and named_query.go, where it is everything.
ROWS = (
    ResourceType(
        "aws:athena/workgroup:Workgroup",
        "athena",
        _workgroup,
        _delete_workgroup,
        AutoName(128),
        replace_on=("name",),
        updates=(UpdateRule(("configuration", "description", "state"), _update_workgroup), tags()),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:athena/namedQuery:NamedQuery",
        "athena",
        _named_query,
        _delete_named_query,
        AutoName(128),
        replace_on=(ANY_PROPERTY,),
        find=_queries_so_called,
    ),
)
