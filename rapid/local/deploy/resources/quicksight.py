"""QuickSight: data sources and data sets."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType

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
    physical = creation.take_keyed("physicalTableMaps", "physicalTableMapId")
    logical = creation.take_keyed("logicalTableMaps", "logicalTableMapId")
    properties = {
        **creation.rest(),
        "physicalTableMaps": physical,
        **({"logicalTableMaps": logical} if logical else {}),
    }
    renames = {"physicalTableMaps": "PhysicalTableMap", "logicalTableMaps": "LogicalTableMap"}
    parameters = creation.convert("CreateDataSet", properties, renames)
    answer = creation.call("CreateDataSet", AwsAccountId=account, **parameters)
    return Created(f"{account},{parameters['DataSetId']}", {"arn": answer["Arn"], "awsAccountId": account})


ROWS = (
    ResourceType("aws:quicksight/dataSource:DataSource", "quicksight", _data_source),
    ResourceType("aws:quicksight/dataSet:DataSet", "quicksight", _data_set),
)
