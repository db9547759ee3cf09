"""QuickSight: data sources, data sets and when these are refreshed, themes, groups.

What makes a replacement: data_source.go, data_set.go, refresh_schedule.go, theme.go and group.go in
internal/service/quicksight.
"""

from __future__ import annotations

from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import ResourceType, created, deleted, sent, tags

_SOURCE_RENAMES = {"parameters": "DataSourceParameters", "parameters.athena": "AthenaParameters"}
_ACCOUNT = {"awsAccountId": ACCOUNT_ID}


_SCHEDULE_RENAMES = {"scheduleId": "Schedule.ScheduleId"}
_THEME_RENAMES = {"configuration.dataColorPalette.minMaxGradients": "MinMaxGradient"}
_GROUP = {**_ACCOUNT, "namespace": "default"}
_REFRESH = "refreshProperties"


def _data_set(work: Creation) -> Created:
    """How it is refreshed has operations of its own, once it is there."""
    operation = "UpdateDataSet" if isinstance(work, Update) else "CreateDataSet"
    refresh, tables = work.take(_REFRESH), _tables(work)
    if isinstance(work, Update):
        # The API does not take it again; another one makes a replacement.
        work.take("useAs")
    properties = {**_ACCOUNT, **work.rest(), "physicalTableMaps": tables}
    parameters = work.convert(operation, properties, {"physicalTableMaps": "PhysicalTableMap"})
    place = {name: parameters[name] for name in ("AwsAccountId", "DataSetId")}
    created_id, outputs = ",".join(place.values()), {}
    if not isinstance(work, Update) or work.changed - {_REFRESH}:
        outputs["arn"] = work.call(operation, **parameters)["Arn"]
        work.begun = created_id
    _refresh(work, refresh, place)
    return Created(created_id, outputs)


def _tables(work: Creation) -> dict[str, Any]:
    tables = {}
    for index, item in enumerate(work.need("physicalTableMaps")):
        # The provider has a list where the API has an object by id.
        if "physicalTableMapId" not in item:
            raise PropertyError(f"physicalTableMaps[{index}]", "takes an object with physicalTableMapId")
        tables[item["physicalTableMapId"]] = {name: item[name] for name in item if name != "physicalTableMapId"}
    return tables


def _refresh(work: Creation, refresh: Any, place: dict[str, str]) -> None:
    if isinstance(work, Update) and _REFRESH not in work.changed:
        return
    if refresh is not None:
        member = "DataSetRefreshProperties"
        properties = work.convert(f"PutDataSetRefreshProperties.{member}", refresh, within=_REFRESH)
        work.call("PutDataSetRefreshProperties", **place, **{member: properties})
    elif isinstance(work, Update):
        work.call("DeleteDataSetRefreshProperties", **place)


def _end_group(group: Deletion) -> object:
    namespace = group.value("namespace") or _GROUP["namespace"]
    return group.call("DeleteGroup", AwsAccountId=ACCOUNT_ID, Namespace=namespace, GroupName=group.value("groupName"))


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
        replace_on=("awsAccountId", "dataSetId", "useAs"),
        updates=(tags(),),
        update=_data_set,
        id_property="dataSetId",
    ),
    ResourceType(
        "aws:quicksight/refreshSchedule:RefreshSchedule",
        "quicksight",
        created(
            "CreateRefreshSchedule",
            "{AwsAccountId},{DataSetId},{ScheduleId}",
            _SCHEDULE_RENAMES,
            {"arn": "{Arn}"},
            defaults=_ACCOUNT,
        ),
        deleted("DeleteRefreshSchedule", AwsAccountId="account", DataSetId="dataSetId", ScheduleId="scheduleId"),
        replace_on=("awsAccountId", "dataSetId", "scheduleId"),
        update=sent("UpdateRefreshSchedule", _SCHEDULE_RENAMES, defaults=_ACCOUNT),
        id_property="scheduleId",
    ),
    ResourceType(
        "aws:quicksight/theme:Theme",
        "quicksight",
        created("CreateTheme", "{AwsAccountId},{ThemeId}", _THEME_RENAMES, {"arn": "{Arn}"}, defaults=_ACCOUNT),
        deleted("DeleteTheme", AwsAccountId="account", ThemeId="themeId"),
        replace_on=("awsAccountId", "themeId"),
        updates=(tags(),),
        update=sent("UpdateTheme", _THEME_RENAMES, defaults=_ACCOUNT),
        id_property="themeId",
    ),
    ResourceType(
        "aws:quicksight/group:Group",
        "quicksight",
        created(
            "CreateGroup",
            "{AwsAccountId}/{Namespace}/{GroupName}",
            outputs={"arn": "{Group[Arn]}"},
            defaults=_GROUP,
        ),
        _end_group,
        replace_on=("awsAccountId", "groupName", "namespace"),
        update=sent("UpdateGroup", defaults=_GROUP),
        id_property="groupName",
    ),
)
