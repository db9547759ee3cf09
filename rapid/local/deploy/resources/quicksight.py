"""QuickSight: data sources and data sets."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_DATA_SOURCE_RENAMES = {
    "parameters": "DataSourceParameters",
    "parameters.athena": "AthenaParameters",
}


def _data_source(creation: Creation) -> Created:
    account = creation.take("awsAccountId", creation.cloud.account_id)
    parameters = creation.convert("CreateDataSource", creation.rest(), _DATA_SOURCE_RENAMES)
    answer = creation.call("CreateDataSource", AwsAccountId=account, **parameters)
    return Created(f"{account},{parameters['DataSourceId']}", {"arn": answer["Arn"], "awsAccountId": account})


def _data_set(creation: Creation) -> Created:
    account = creation.take("awsAccountId", creation.cloud.account_id)
    parameters = _data_set_parameters(creation, "CreateDataSet")
    answer = creation.call("CreateDataSet", AwsAccountId=account, **parameters)
    return Created(f"{account},{parameters['DataSetId']}", {"arn": answer["Arn"], "awsAccountId": account})


def _data_set_parameters(creation: Creation, operation: str) -> dict[str, Any]:
    physical = creation.take_keyed("physicalTableMaps", "physicalTableMapId")
    logical = creation.take_keyed("logicalTableMaps", "logicalTableMapId")
    properties = {
        **creation.rest(),
        "physicalTableMaps": physical,
        **({"logicalTableMaps": logical} if logical else {}),
    }
    renames = {"physicalTableMaps": "PhysicalTableMap", "logicalTableMaps": "LogicalTableMap"}
    return creation.convert(operation, properties, renames)


def _update_data_set(update: Update) -> None:
    account = update.take("awsAccountId", update.cloud.account_id)
    for name in ("permissions", "tags"):
        update.take(name)
    update.call("UpdateDataSet", AwsAccountId=account, **_data_set_parameters(update, "UpdateDataSet"))


def _update_data_source(update: Update) -> None:
    account = update.take("awsAccountId", update.cloud.account_id)
    for name in ("permissions", "tags", "type"):
        update.take(name)
    parameters = update.convert("UpdateDataSource", update.rest(), _DATA_SOURCE_RENAMES)
    update.call("UpdateDataSource", AwsAccountId=account, **parameters)


def _delete_data_source(deletion: Deletion) -> None:
    account, id_ = _account(deletion), deletion.value("dataSourceId")
    deletion.call("DeleteDataSource", AwsAccountId=account, DataSourceId=id_)


def _delete_data_set(deletion: Deletion) -> None:
    account, id_ = _account(deletion), deletion.value("dataSetId")
    deletion.call("DeleteDataSet", AwsAccountId=account, DataSetId=id_)


def _account(deletion: Deletion) -> str:
    # Of what was never made whole, no output is known.
    return deletion.value("awsAccountId") or deletion.cloud.account_id


_DATA_SOURCE = ("credentials", "name", "parameters", "sslProperties", "vpcConnectionProperties")
_DATA_SET = (
    "columnGroups", "columnLevelPermissionRules", "dataSetUsageConfiguration", "fieldFolders", "importMode",
    "logicalTableMaps", "name", "physicalTableMaps", "rowLevelPermissionDataSet", "rowLevelPermissionTagConfiguration",
)  # fmt: skip

# What makes a replacement: internal/service/quicksight/data_source.go and data_set.go.
ROWS = (
    ResourceType(
        "aws:quicksight/dataSource:DataSource",
        "quicksight",
        _data_source,
        _delete_data_source,
        replace_on=("awsAccountId", "dataSourceId", "type"),
        updates=(UpdateRule(_DATA_SOURCE, _update_data_source), tags()),
        id_property="dataSourceId",
    ),
    ResourceType(
        "aws:quicksight/dataSet:DataSet",
        "quicksight",
        _data_set,
        _delete_data_set,
        replace_on=("awsAccountId", "dataSetId"),
        updates=(UpdateRule(_DATA_SET, _update_data_set), tags()),
        id_property="dataSetId",
    ),
)
