"""QuickSight: data sources and data sets.

What makes a replacement: internal/service/quicksight/data_source.go and data_set.go.
"""

from __future__ import annotations

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.operations import Created, Creation, Update
from rapid.local.deploy.resource_type import ResourceType, created, deleted, sent, tags

_SOURCE_RENAMES = {"parameters": "DataSourceParameters", "parameters.athena": "AthenaParameters"}
_ACCOUNT = {"awsAccountId": ACCOUNT_ID}


def _data_set(creation: Creation) -> Created:
    operation = "UpdateDataSet" if isinstance(creation, Update) else "CreateDataSet"
    tables = {}
    for index, item in enumerate(creation.need("physicalTableMaps")):
        # The provider has a list where the API has an object by id.
        if "physicalTableMapId" not in item:
            raise PropertyError(f"physicalTableMaps[{index}]", "takes an object with physicalTableMapId")
        tables[item["physicalTableMapId"]] = {name: item[name] for name in item if name != "physicalTableMapId"}
    properties = {**_ACCOUNT, **creation.rest(), "physicalTableMaps": tables}
    parameters = creation.convert(operation, properties, {"physicalTableMaps": "PhysicalTableMap"})
    answer = creation.call(operation, **parameters)
    return Created(f"{parameters['AwsAccountId']},{parameters['DataSetId']}", {"arn": answer["Arn"]})


ROWS = (
    ResourceType(
        "aws:quicksight/dataSource:DataSource",
        "quicksight",
        created(
            "CreateDataSource", "{AwsAccountId},{DataSourceId}", _SOURCE_RENAMES, {"arn": "{Arn}"}, defaults=_ACCOUNT
        ),
        deleted("DeleteDataSource", AwsAccountId="account", DataSourceId="dataSourceId"),
        replace_on=("awsAccountId", "dataSourceId", "type"),
        updates=(tags(),),
        update=sent("UpdateDataSource", _SOURCE_RENAMES, defaults=_ACCOUNT, without=("type",)),
        id_property="dataSourceId",
    ),
    ResourceType(
        "aws:quicksight/dataSet:DataSet",
        "quicksight",
        _data_set,
        deleted("DeleteDataSet", AwsAccountId="account", DataSetId="dataSetId"),
        replace_on=("awsAccountId", "dataSetId"),
        updates=(tags(),),
        update=_data_set,
        id_property="dataSetId",
    ),
)
