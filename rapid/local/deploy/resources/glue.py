"""Glue: databases and tables of the data catalog, and jobs."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName


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
    renames = {"roleArn": "Role", "connections": "Connections.Connections"}
    name = creation.call("CreateJob", **creation.convert("CreateJob", creation.rest(), renames))["Name"]
    return Created(name, {"arn": f"arn:aws:glue:{creation.cloud.region}:{creation.cloud.account_id}:job/{name}"})


def _job(creation: Creation) -> Created:
    properties = creation.rest()
    command = properties.get("command")
    if isinstance(command, dict):
        properties["command"] = {"name": "glueetl", **command}  # the provider's default
    parameters = creation.convert(
        "CreateJob", properties, {"roleArn": "Role", "connections": "Connections.Connections"}
    )
    creation.call("CreateJob", **parameters)
    name = parameters["Name"]
    return Created(name, {"arn": f"arn:aws:glue:{creation.cloud.region}:{creation.cloud.account_id}:job/{name}"})


ROWS = (
    ResourceType("aws:glue/catalogDatabase:CatalogDatabase", "glue", _database, AutoName()),
    ResourceType("aws:glue/catalogTable:CatalogTable", "glue", _table, AutoName()),
    ResourceType("aws:glue/job:Job", "glue", _job, AutoName()),
    ResourceType("aws:glue/job:Job", "glue", _job, AutoName()),
)
