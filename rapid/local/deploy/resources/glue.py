"""The Glue data catalog: databases and tables."""

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


ROWS = (
    ResourceType("aws:glue/catalogDatabase:CatalogDatabase", "glue", _database, AutoName()),
    ResourceType("aws:glue/catalogTable:CatalogTable", "glue", _table, AutoName()),
)
