"""A data set of the dashboards: a saved view, its copy in SPICE, and when that is made anew."""

import hashlib
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from contracts import glue, views
from dashboards import ColumnType, DataSet, sql

WEEKLY_DAY, WEEKLY_TIME = "SUNDAY", "03:00"
"""When everything is imported anew, in the business's time zone."""

# 64 in all.
_TABLE_NAME_CHARACTERS, _DIGEST_CHARACTERS = 51, 12
_GLUE_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "double",
    ColumnType.DATETIME: "timestamp",
}


def view_of(data_set: DataSet, timezone: str) -> views.View:
    """The view `dashboard_<name>`, in whose query a day is one of the time zone."""
    return views.View(
        sql.view_name(data_set),
        data_set.description,
        sql.select(data_set, timezone),
        tuple(glue.Column(column.name, _GLUE_TYPES[column.type], "") for column in data_set.columns),
    )


def spice_data_set(
    name: str,
    data_set: DataSet,
    view: views.View,
    data_set_id: str,
    data_source_arn: pulumi.Input[str],
    database: pulumi.Input[str],
    rules_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> "aws.quicksight.DataSet":
    """The copy of what the view answers; QuickSight imports it when it makes it, and anew when the query changes.

    `rules_arn` is the data set of rules by which people see rows, where there are any.
    """
    return aws.quicksight.DataSet(
        name,
        data_set_id=data_set_id,
        name=data_set_id,
        import_mode="SPICE",
        physical_table_maps=[
            {
                "physical_table_map_id": _table_id(view),
                "relational_table": {
                    "data_source_arn": data_source_arn,
                    "catalog": "AwsDataCatalog",
                    "schema": database,
                    "name": view.name,
                    "input_columns": [{"name": column.name, "type": column.type.value} for column in data_set.columns],
                },
            }
        ],
        refresh_properties=_lookback(data_set),
        row_level_permission_data_set=_by(rules_arn) if rules_arn else None,
        opts=opts,
    )


def _table_id(view: views.View) -> str:
    """By what the data set calls the view, of letters, digits and hyphens: another one for each query.

    QuickSight cannot see that a view has another query. An incremental refresh would keep the rows of the old one.
    https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSet.html: PhysicalTableMap
    """
    digest = hashlib.sha256(view.sql.encode()).hexdigest()
    return f"{view.name.replace('_', '-')[:_TABLE_NAME_CHARACTERS]}-{digest[:_DIGEST_CHARACTERS]}"


def _by(rules_arn: pulumi.Input[str]) -> "aws.quicksight.DataSetRowLevelPermissionDataSetArgsDict":
    return {"arn": rules_arn, "permission_policy": "GRANT_ACCESS", "format_version": "VERSION_1", "status": "ENABLED"}


def _lookback(data_set: DataSet) -> "aws.quicksight.DataSetRefreshPropertiesArgsDict | None":
    """https://docs.aws.amazon.com/quicksight/latest/APIReference/API_LookbackWindow.html"""
    if data_set.refreshed_by is None:
        return None
    return {
        "refresh_configuration": {
            "incremental_refresh": {
                "lookback_window": {
                    "column_name": data_set.refreshed_by,
                    "size": data_set.lookback_days,
                    "size_unit": "DAY",
                }
            }
        }
    }


def hourly_refresh(name: str, data_set: DataSet, made: "aws.quicksight.DataSet", opts: pulumi.ResourceOptions) -> None:
    """What came in the last hour: the rows of the last days where the data set knows their time, else all rows."""
    aws.quicksight.RefreshSchedule(
        name,
        data_set_id=made.data_set_id,
        schedule_id="hourly",
        schedule={
            "refresh_type": "INCREMENTAL_REFRESH" if data_set.refreshed_by else "FULL_REFRESH",
            "schedule_frequency": {"interval": "HOURLY"},
        },
        opts=opts,
    )


def weekly_refresh(name: str, timezone: str, made: "aws.quicksight.DataSet", opts: pulumi.ResourceOptions) -> None:
    """Everything anew: an incremental refresh keeps older rows as they were, those of erased people too."""
    aws.quicksight.RefreshSchedule(
        name,
        data_set_id=made.data_set_id,
        schedule_id="weekly",
        schedule={
            "refresh_type": "FULL_REFRESH",
            "schedule_frequency": {
                "interval": "WEEKLY",
                "refresh_on_day": {"day_of_week": WEEKLY_DAY},
                "time_of_the_day": WEEKLY_TIME,
                "timezone": timezone,
            },
        },
        opts=opts,
    )
