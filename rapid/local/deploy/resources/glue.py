"""Glue: databases and tables of the data catalog, and jobs."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update


def _database(creation: Creation) -> Created:
    catalog_id = creation.take("catalogId", creation.cloud.account_id)
    tags = creation.take("tags", {})
    database = creation.convert("CreateDatabase.DatabaseInput", creation.rest())
    creation.call("CreateDatabase", CatalogId=catalog_id, DatabaseInput=database, Tags=tags)
    name = database["Name"]
    arn = f"arn:aws:glue:{creation.cloud.region}:{creation.cloud.account_id}:database/{name}"
    return Created(f"{catalog_id}:{name}", {"arn": arn, "catalogId": catalog_id})


def _table(creation: Creation) -> Created:
    catalog_id = creation.take("catalogId", creation.cloud.account_id)
    database = creation.need("databaseName")
    table = creation.convert("CreateTable.TableInput", creation.rest())
    creation.call("CreateTable", CatalogId=catalog_id, DatabaseName=database, TableInput=table)
    name = table["Name"]
    arn = f"arn:aws:glue:{creation.cloud.region}:{creation.cloud.account_id}:table/{database}/{name}"
    return Created(f"{catalog_id}:{database}:{name}", {"arn": arn, "catalogId": catalog_id})


def _job(creation: Creation) -> Created:
    parameters = creation.convert("CreateJob", _job_properties(creation), _JOB_RENAMES)
    creation.call("CreateJob", **parameters)
    name = parameters["Name"]
    return Created(name, {"arn": f"arn:aws:glue:{creation.cloud.region}:{creation.cloud.account_id}:job/{name}"})


_JOB_RENAMES = {"roleArn": "Role", "connections": "Connections.Connections"}


def _job_properties(creation: Creation) -> dict[str, Any]:
    properties = creation.rest()
    command = properties.get("command")
    if isinstance(command, dict):
        properties["command"] = {"name": "glueetl", **command}  # the provider's default
    return properties


def _update_database(update: Update) -> None:
    catalog_id = update.take("catalogId", update.cloud.account_id)
    update.take("tags")
    database = update.convert("UpdateDatabase.DatabaseInput", update.rest())
    update.call("UpdateDatabase", CatalogId=catalog_id, Name=database["Name"], DatabaseInput=database)


def _update_table(update: Update) -> None:
    catalog_id = update.take("catalogId", update.cloud.account_id)
    database = update.need("databaseName")
    table = update.convert("UpdateTable.TableInput", update.rest())
    update.call("UpdateTable", CatalogId=catalog_id, DatabaseName=database, TableInput=table)


def _update_job(update: Update) -> None:
    update.take("name")
    update.take("tags")
    job = update.convert("UpdateJob.JobUpdate", _job_properties(update), _JOB_RENAMES)
    update.call("UpdateJob", JobName=update.id, JobUpdate=job)


def _delete_database(deletion: Deletion) -> None:
    deletion.call("DeleteDatabase", CatalogId=_catalog(deletion), Name=deletion.value("name"))


def _delete_table(deletion: Deletion) -> None:
    place = {"CatalogId": _catalog(deletion), "DatabaseName": deletion.value("databaseName")}
    deletion.call("DeleteTable", **place, Name=deletion.value("name"))


def _catalog(deletion: Deletion) -> str:
    # Of what was never made whole, no output is known.
    return deletion.value("catalogId") or deletion.cloud.account_id


def _delete_job(deletion: Deletion) -> None:
    deletion.call("DeleteJob", JobName=deletion.id)


_DATABASE = ("createTableDefaultPermissions", "description", "locationUri", "parameters")
_TABLE = (
    "description", "owner", "parameters", "partitionKeys", "retention", "storageDescriptor", "tableType", "targetTable",
    "viewExpandedText", "viewOriginalText",
)  # fmt: skip
_JOB = (
    "command", "connections", "defaultArguments", "description", "executionClass", "executionProperty", "glueVersion",
    "jobMode", "jobRunQueuingEnabled", "maintenanceWindow", "maxCapacity", "maxRetries", "nonOverridableArguments",
    "notificationProperty", "numberOfWorkers", "roleArn", "securityConfiguration", "timeout", "workerType",
)  # fmt: skip

# What makes a replacement: internal/service/glue/catalog_database.go, catalog_table.go and job.go.
ROWS = (
    ResourceType(
        "aws:glue/catalogDatabase:CatalogDatabase",
        "glue",
        _database,
        _delete_database,
        AutoName(),
        replace_on=("catalogId", "name", "targetDatabase"),
        updates=(UpdateRule(_DATABASE, _update_database), tags()),
    ),
    ResourceType(
        "aws:glue/catalogTable:CatalogTable",
        "glue",
        _table,
        _delete_table,
        AutoName(),
        replace_on=("catalogId", "databaseName", "name", "partitionIndices"),
        updates=(UpdateRule(_TABLE, _update_table),),
    ),
    ResourceType(
        "aws:glue/job:Job",
        "glue",
        _job,
        _delete_job,
        AutoName(),
        replace_on=("name",),
        updates=(UpdateRule(_JOB, _update_job), tags()),
    ),
)
