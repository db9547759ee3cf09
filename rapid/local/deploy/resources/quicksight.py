"""QuickSight: data sources and data sets."""

from __future__ import annotations

from typing import Any

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
    properties = creation.rest()
    renames = {"physicalTableMaps": "PhysicalTableMap", "logicalTableMaps": "LogicalTableMap"}
    for maps, key in (("physicalTableMaps", "physicalTableMapId"), ("logicalTableMaps", "logicalTableMapId")):
        if maps in properties:
            properties[maps] = _keyed(properties[maps], key)
    parameters = creation.convert("CreateDataSet", properties, renames)
    answer = creation.call("CreateDataSet", AwsAccountId=account, **parameters)
    return Created(f"{account},{parameters['DataSetId']}", {"arn": answer["Arn"], "awsAccountId": account})


def _keyed(maps: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """Turn the provider's list of maps with ids into the API's object keyed by id."""
    return {item[key]: {name: value for name, value in item.items() if name != key} for item in maps}


ROWS = (
    ResourceType("aws:quicksight/dataSource:DataSource", "quicksight", _data_source),
    ResourceType("aws:quicksight/dataSet:DataSet", "quicksight", _data_set),
)
