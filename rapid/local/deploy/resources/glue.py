"""Glue: databases, tables and connections of the data catalog, and jobs.

What makes a replacement: internal/service/glue/catalog_database.go, catalog_table.go, connection.go and job.go.
"""

from __future__ import annotations

from rapid.local.deploy.resource_type import AutoName, ResourceType, created, deleted, sent, tags

_ARN = "arn:aws:glue:{region}:{account}"
_JOB_RENAMES = {"connections": "Connections.Connections", "roleArn": "Role"}
_CONNECTION_RENAMES = {"physicalConnectionRequirements.securityGroupIdLists": "SecurityGroupIdList"}

ROWS = (
    ResourceType(
        "aws:glue/catalogDatabase:CatalogDatabase",
        "glue",
        created(
            "CreateDatabase",
            "{account}:{DatabaseInput[Name]}",
            outputs={"arn": f"{_ARN}:database/{{DatabaseInput[Name]}}"},
            inside="DatabaseInput",
            beside=("tags",),
        ),
        deleted("DeleteDatabase", Name="name"),
        AutoName(),
        replace_on=("name", "targetDatabase"),
        updates=(tags(),),
        update=sent("UpdateDatabase", inside="DatabaseInput", place={"Name": "name"}),
    ),
    ResourceType(
        "aws:glue/catalogTable:CatalogTable",
        "glue",
        created(
            "CreateTable",
            "{account}:{DatabaseName}:{TableInput[Name]}",
            outputs={"arn": f"{_ARN}:table/{{DatabaseName}}/{{TableInput[Name]}}"},
            inside="TableInput",
            beside=("databaseName",),
        ),
        deleted("DeleteTable", DatabaseName="databaseName", Name="name"),
        AutoName(),
        replace_on=("databaseName", "name"),
        update=sent("UpdateTable", inside="TableInput", beside=("databaseName",)),
    ),
    ResourceType(
        "aws:glue/connection:Connection",
        "glue",
        created(
            "CreateConnection",
            "{account}:{ConnectionInput[Name]}",
            _CONNECTION_RENAMES,
            {"arn": f"{_ARN}:connection/{{ConnectionInput[Name]}}"},
            # A connection of the kind NETWORK has none, and the API wants to hear it.
            defaults={"connectionProperties": {}},
            inside="ConnectionInput",
            beside=("tags",),
        ),
        deleted("DeleteConnection", ConnectionName="name"),
        AutoName(),
        replace_on=("catalogId", "name"),
        updates=(tags(),),
        update=sent(
            "UpdateConnection",
            _CONNECTION_RENAMES,
            defaults={"connectionProperties": {}},
            inside="ConnectionInput",
            place={"Name": "name"},
        ),
    ),
    ResourceType(
        "aws:glue/job:Job",
        "glue",
        created("CreateJob", "{Name}", _JOB_RENAMES, {"arn": f"{_ARN}:job/{{Name}}"}),
        deleted("DeleteJob", JobName="id"),
        AutoName(),
        replace_on=("name",),
        updates=(tags(),),
        update=sent("UpdateJob", _JOB_RENAMES, inside="JobUpdate", without=("name",), place={"JobName": "id"}),
    ),
)
