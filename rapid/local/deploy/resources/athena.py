"""Athena: workgroups and named queries.

What makes a replacement: internal/service/athena/workgroup.go and named_query.go, where it is everything.
"""

from __future__ import annotations

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import (
    ANY_PROPERTY,
    AutoName,
    ResourceType,
    UpdateRule,
    changed,
    created,
    deleted,
    tags,
)

_RENAMES = {"configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey"}
# The provider's; the API's own are the same, but moto has none.
_DEFAULTS = {"enforceWorkgroupConfiguration": True, "publishCloudwatchMetricsEnabled": True}


def _workgroup(creation: Creation) -> Created:
    configuration = {**_DEFAULTS, **creation.take_object("configuration")}
    properties = {**creation.rest(), "configuration": configuration}
    parameters = creation.convert("CreateWorkGroup", properties, _RENAMES)
    creation.call("CreateWorkGroup", **parameters)
    name = parameters["Name"]
    return Created(name, {"arn": f"arn:aws:athena:{creation.cloud.region}:{ACCOUNT_ID}:workgroup/{name}"})


def _update_configuration(update: Update) -> None:
    """The provider sends its defaults, and asks for the removal of what can be removed and is not given."""
    renames = {**_RENAMES, "configuration.resultConfiguration": "ResultConfigurationUpdates"}
    configuration = {**_DEFAULTS, "requesterPaysEnabled": False, **update.take_object("configuration")}
    updates = update.convert("UpdateWorkGroup.ConfigurationUpdates", configuration, renames, "configuration")
    if not updates.get("BytesScannedCutoffPerQuery"):
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    results = updates.setdefault("ResultConfigurationUpdates", {})
    for name in ("AclConfiguration", "EncryptionConfiguration", "ExpectedBucketOwner", "OutputLocation"):
        if name not in results:
            results[f"Remove{name}"] = True
    update.call("UpdateWorkGroup", WorkGroup=update.id, ConfigurationUpdates=updates)


def _delete_workgroup(deletion: Deletion) -> None:
    force = bool(deletion.value("forceDestroy"))
    deletion.call("DeleteWorkGroup", WorkGroup=deletion.id, RecursiveDeleteOption=force)


def _queries_so_called(made: Deletion) -> list[str]:
    ids = made.call("ListNamedQueries", WorkGroup=made.value("workgroup") or "primary").get("NamedQueryIds", [])
    queries = [made.call("GetNamedQuery", NamedQueryId=id_)["NamedQuery"] for id_ in ids]
    return [query["NamedQueryId"] for query in queries if query["Name"] == made.value("name")]


ROWS = (
    ResourceType(
        "aws:athena/workgroup:Workgroup",
        "athena",
        _workgroup,
        _delete_workgroup,
        AutoName(128),
        replace_on=("name",),
        updates=(
            UpdateRule(("configuration",), _update_configuration),
            changed("UpdateWorkGroup", {"WorkGroup": "id"}, {"description": ""}),
            tags(),
        ),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:athena/namedQuery:NamedQuery",
        "athena",
        created("CreateNamedQuery", "{NamedQueryId}", {"query": "QueryString", "workgroup": "WorkGroup"}),
        deleted("DeleteNamedQuery", NamedQueryId="id"),
        AutoName(128),
        replace_on=(ANY_PROPERTY,),
        find=_queries_so_called,
    ),
)
