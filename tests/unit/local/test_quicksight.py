"""QuickSight's API: data sources, data sets, refreshes, themes, dashboards and whom they are shared with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, Rig
from .quicksight_rig import ACCOUNT, READER, QuickSightRig, kpi, number
from .signing import signed

API = "https://docs.aws.amazon.com/quicksight/latest/APIReference/API_"
COLUMNS = {"at": "DATETIME", "store": "STRING", "quantity": "INTEGER"}
FILE = {"DataSourceArn": "arn", "InputColumns": [{"Name": "a", "Type": "STRING"}]}
SQL = "SELECT TIMESTAMP '2026-03-01 09:00:00' AS at, 'north' AS store, 2 AS quantity"


@pytest.fixture(scope="module")
def quick(rig: Rig) -> QuickSightRig:
    return QuickSightRig.over(rig)


@pytest.fixture(scope="module")
def sales(quick: QuickSightRig) -> str:
    return quick.data_set(SQL, COLUMNS)


def id_of(arn: str) -> dict[str, str]:
    """The place of a data set in requests."""
    return {**ACCOUNT, "DataSetId": arn.rpartition("/")[2]}


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, int, str]:
    """The code, the status and the message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


@pytest.mark.aws("QuickSight", "Data sources", f"{API}DescribeDataSource.html")
def test_a_data_source_is_described_as_it_was_made(quick: QuickSightRig) -> None:
    id_ = {**ACCOUNT, "DataSourceId": quick.data_source.rpartition("/")[2]}
    found = quick.api.describe_data_source(**id_)["DataSource"]
    assert found["DataSourceParameters"]["AthenaParameters"] == {"WorkGroup": quick.workgroup, "RoleArn": quick.role}
    assert found["Type"] == "ATHENA"


@pytest.mark.aws("QuickSight", "Data sets", f"{API}DescribeDataSet.html")
def test_a_data_set_is_described_listed_renamed_and_deleted(quick: QuickSightRig) -> None:
    request = quick.asked(SQL, COLUMNS)
    arn = quick.api.create_data_set(**request)["Arn"]
    found = quick.api.describe_data_set(**id_of(arn))["DataSet"]
    assert found["PhysicalTableMap"] == request["PhysicalTableMap"]
    assert [(it["Name"], it["Type"]) for it in found["OutputColumns"]] == [*COLUMNS.items()]
    assert quick.api.update_data_set(**{**request, "Name": "all sales"})["Arn"] == arn
    names = {it["Arn"]: it["Name"] for it in quick.api.list_data_sets(**ACCOUNT)["DataSetSummaries"]}
    assert names[arn] == "all sales"
    assert quick.api.delete_data_set(**id_of(arn))["Arn"] == arn
    assert refused(quick.api.describe_data_set, **id_of(arn))[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.aws("QuickSight", "Data sets", f"{API}CreateDataSet.html")
def test_an_id_is_used_once(quick: QuickSightRig) -> None:
    request = quick.asked(SQL, COLUMNS)
    quick.api.create_data_set(**request)
    assert refused(quick.api.create_data_set, **request)[:2] == ("ResourceExistsException", 409)


@pytest.mark.aws("QuickSight", "Data sets", f"{API}CreateDataSet.html")
def test_a_data_set_needs_its_data_source(quick: QuickSightRig) -> None:
    request = quick.asked(SQL, COLUMNS)
    request["PhysicalTableMap"]["query"]["CustomSql"]["DataSourceArn"] += "-gone"
    assert refused(quick.api.create_data_set, **request)[0] == "ResourceNotFoundException"


@pytest.mark.aws("QuickSight", "Row-level security", f"{API}RowLevelPermissionDataSet.html")
@pytest.mark.parametrize(
    ("columns", "policy", "message"),
    [
        ({"GroupName": "STRING"}, "", "must be made with UseAs RLS_RULES"),
        ({"Group": "STRING", "store": "STRING"}, "GRANT_ACCESS", "must have the column UserName or GroupName"),
        ({"GroupName": "STRING", "shop": "STRING"}, "GRANT_ACCESS", "The column shop of the permissions dataset"),
        ({"GroupName": "STRING", "store": "STRING"}, "DENY_ACCESS", "not supported for new RLS datasets"),
    ],
)
def test_rules_of_rows_must_fit_the_data_set(
    quick: QuickSightRig, columns: dict[str, str], policy: str, message: str
) -> None:
    sql = f"SELECT {', '.join(repr(name) + ' AS ' + name for name in columns)}"
    rules = quick.data_set(sql, columns, **({"UseAs": "RLS_RULES"} if policy else {}))
    given = {"Arn": rules, "PermissionPolicy": policy or "GRANT_ACCESS"}
    code, _, said = refused(quick.api.create_data_set, **quick.asked(SQL, COLUMNS, RowLevelPermissionDataSet=given))
    assert code == "InvalidParameterValueException"
    assert message in said


@pytest.mark.aws("QuickSight", "Data sets", f"{API}CreateDataSet.html")
def test_a_table_of_a_data_set_is_called_by_letters_digits_and_hyphens(quick: QuickSightRig) -> None:
    request = quick.asked(SQL, COLUMNS)
    ((_, table),) = request["PhysicalTableMap"].items()
    code, status, message = refused(quick.api.create_data_set, **{**request, "PhysicalTableMap": {"a_b": table}})
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert (
        "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [0-9a-zA-Z-]*]" in message
    )


@pytest.mark.aws("QuickSight", "Row-level security", f"{API}RowLevelPermissionDataSet.html")
def test_rules_of_rows_must_exist(quick: QuickSightRig, sales: str) -> None:
    given = {"Arn": f"{sales}-rules", "PermissionPolicy": "GRANT_ACCESS"}
    request = quick.asked(SQL, COLUMNS, RowLevelPermissionDataSet=given)
    assert refused(quick.api.create_data_set, **request)[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ColumnLevelPermissionRules": [{"Principals": ["arn"], "ColumnNames": ["store"]}]},
            "The local cloud does not support data sets with ColumnLevelPermissionRules",
        ),
        (
            {
                "PhysicalTableMap": {
                    "file": {"S3Source": {"DataSourceArn": "arn", "InputColumns": [{"Name": "a", "Type": "STRING"}]}}
                }
            },
            "The local cloud does not support physical tables with S3Source",
        ),
    ],
)
def test_what_is_not_supported_of_a_data_set_is_refused_by_name(
    quick: QuickSightRig, more: dict[str, Any], message: str
) -> None:
    assert refused(quick.api.create_data_set, **quick.asked(SQL, COLUMNS, **more)) == ("NotImplemented", 501, message)


def test_an_operation_that_the_local_cloud_does_not_have_is_refused_by_name(quick: QuickSightRig) -> None:
    said = refused(quick.api.describe_analysis, **ACCOUNT, AnalysisId="a")
    assert said == ("NotImplemented", 501, "The local cloud does not support QuickSight's DescribeAnalysis")


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}DeleteDashboard.html")
def test_a_dashboard_that_does_not_exist_is_not_found(quick: QuickSightRig) -> None:
    said = refused(quick.api.delete_dashboard, **ACCOUNT, DashboardId="nobody")
    assert said[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}DescribeDashboardDefinition.html")
def test_a_definition_is_kept_as_it_was_deployed(quick: QuickSightRig, sales: str) -> None:
    definition = quick.definition({"sales": sales}, [kpi("shown", number("quantity"))])
    place = {**ACCOUNT, "DashboardId": quick.dashboard(definition)}
    assert quick.api.describe_dashboard_definition(**place)["Definition"] == definition
    changed = quick.definition({"sales": sales}, [kpi("shown", number("quantity", "MAX"))])
    version = quick.api.update_dashboard(**place, Name="Sold", Definition=changed)["VersionArn"]
    found = quick.api.describe_dashboard(**place)["Dashboard"]
    assert (found["Name"], found["Version"]["Arn"], found["Version"]["DataSetArns"]) == ("Sold", version, [sales])
    assert quick.api.describe_dashboard_definition(**place)["Definition"] == changed


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}CreateDashboard.html")
def test_a_dashboard_needs_its_data_sets_and_its_theme(quick: QuickSightRig, sales: str) -> None:
    gone = quick.definition({"sales": f"{sales}-gone"}, [kpi("shown", number("quantity"))])
    request = {**ACCOUNT, "DashboardId": "gone", "Name": "Gone"}
    assert refused(quick.api.create_dashboard, **request, Definition=gone)[0] == "InvalidParameterValueException"
    there = quick.definition({"sales": sales}, [kpi("shown", number("quantity"))])
    theme = "arn:aws:quicksight:us-east-1:123456789012:theme/gone"
    said = refused(quick.api.create_dashboard, **request, Definition=there, ThemeArn=theme)
    assert said[0] == "ResourceNotFoundException"


@pytest.mark.aws("QuickSight", "Permissions", f"{API}DescribeDashboardPermissions.html")
def test_a_dashboard_is_shared_and_no_longer_shared(quick: QuickSightRig, sales: str) -> None:
    (_, arn), (_, other) = quick.group(), quick.group()
    definition = quick.definition({"sales": sales}, [kpi("shown", number("quantity"))])
    grants = [{"Principal": who, "Actions": READER} for who in (arn, other)]
    place = {**ACCOUNT, "DashboardId": quick.dashboard(definition, Permissions=grants[:1])}
    quick.api.update_dashboard_permissions(**place, GrantPermissions=grants[1:], RevokePermissions=grants[:1])
    assert quick.api.describe_dashboard_permissions(**place)["Permissions"] == grants[1:]


@pytest.mark.aws("QuickSight", "Permissions", f"{API}UpdateDataSetPermissions.html")
@pytest.mark.parametrize("kind", ["data_set", "data_source"])
def test_what_dashboards_are_made_of_is_shared_too(quick: QuickSightRig, sales: str, kind: str) -> None:
    (_, arn) = quick.group()
    place = id_of(sales) if kind == "data_set" else {**ACCOUNT, "DataSourceId": quick.data_source.rpartition("/")[2]}
    grants = [{"Principal": arn, "Actions": ["quicksight:DescribeIngestion"]}]
    getattr(quick.api, f"update_{kind}_permissions")(**place, GrantPermissions=grants)
    assert getattr(quick.api, f"describe_{kind}_permissions")(**place)["Permissions"] == grants


@pytest.mark.aws("QuickSight", "Permissions", f"{API}ResourcePermission.html")
def test_a_dashboard_is_shared_with_somebody_who_is_there(quick: QuickSightRig, sales: str) -> None:
    definition = quick.definition({"sales": sales}, [kpi("shown", number("quantity"))])
    place = {**ACCOUNT, "DashboardId": quick.dashboard(definition)}
    (_, arn) = quick.group()
    for grant in ({"Principal": f"{arn}-gone", "Actions": READER}, {"Principal": arn, "Actions": READER[:1]}):
        said = refused(quick.api.update_dashboard_permissions, **place, GrantPermissions=[grant])
        assert said[0] == "InvalidParameterValueException"


@pytest.mark.aws("QuickSight", "Groups", f"{API}CreateGroup.html")
def test_a_group_has_a_name_of_its_own(quick: QuickSightRig) -> None:
    name, arn = quick.group()
    request = {**ACCOUNT, "Namespace": "default", "GroupName": name}
    assert quick.api.describe_group(**request)["Group"]["Arn"] == arn
    assert refused(quick.api.create_group, **request)[:2] == ("ResourceExistsException", 409)
    elsewhere = {**request, "Namespace": "elsewhere"}
    assert refused(quick.api.create_group, **elsewhere)[:2] == ("ResourceNotFoundException", 404)
    quick.api.delete_group(**request)
    assert refused(quick.api.delete_group, **request)[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.aws("QuickSight", "Themes", f"{API}CreateTheme.html")
def test_a_theme_is_described_changed_and_deleted(quick: QuickSightRig) -> None:
    place = {**ACCOUNT, "ThemeId": quick.rig.name("theme")}
    request = {**place, "Name": "Ours", "BaseThemeId": "CLASSIC"}
    quick.api.create_theme(**request, Configuration={"DataColorPalette": {"Colors": ["#112233"]}})
    assert refused(quick.api.create_theme, **request, Configuration={})[0] == "ResourceExistsException"
    changed = {"DataColorPalette": {"Colors": ["#445566"]}}
    quick.api.update_theme(**request, Configuration=changed)
    version = quick.api.describe_theme(**place)["Theme"]["Version"]
    assert (version["VersionNumber"], version["Configuration"]) == (2, changed)
    quick.api.delete_theme(**place)
    assert refused(quick.api.describe_theme, **place)[0] == "ResourceNotFoundException"


def schedule(interval: str, type_: str = "FULL_REFRESH", id_: str = "", **frequency: Any) -> dict[str, Any]:
    """A refresh schedule."""
    return {
        "ScheduleId": id_ or f"{interval}-{type_}".lower(),
        "ScheduleFrequency": {"Interval": interval, **frequency},
        "RefreshType": type_,
    }


WINDOW = {"ColumnName": "at", "Size": 1, "SizeUnit": "DAY"}
DAILY = {"TimeOfTheDay": "05:00"}


def properties(**window: Any) -> dict[str, Any]:
    """Refresh properties with a lookback window."""
    return {"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": {**WINDOW, **window}}}}


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}PutDataSetRefreshProperties.html")
def test_refresh_properties_are_put_described_and_deleted(quick: QuickSightRig) -> None:
    place = id_of(quick.data_set(SQL, COLUMNS))
    assert refused(quick.api.describe_data_set_refresh_properties, **place)[0] == "ResourceNotFoundException"
    quick.api.put_data_set_refresh_properties(**place, DataSetRefreshProperties=properties())
    found = quick.api.describe_data_set_refresh_properties(**place)["DataSetRefreshProperties"]
    assert found == properties()
    hourly = schedule("HOURLY", "INCREMENTAL_REFRESH")
    quick.api.create_refresh_schedule(**place, Schedule=hourly)
    assert refused(quick.api.delete_data_set_refresh_properties, **place)[:2] == ("ConflictException", 409)
    quick.api.delete_refresh_schedule(**place, ScheduleId=hourly["ScheduleId"])
    quick.api.delete_data_set_refresh_properties(**place)
    assert refused(quick.api.describe_data_set_refresh_properties, **place)[0] == "ResourceNotFoundException"


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}LookbackWindow.html")
@pytest.mark.parametrize("column", ["when", "store"])
def test_a_lookback_window_is_over_a_time(quick: QuickSightRig, sales: str, column: str) -> None:
    given = properties(ColumnName=column)
    said = refused(quick.api.put_data_set_refresh_properties, **id_of(sales), DataSetRefreshProperties=given)
    assert said[0] == "InvalidParameterValueException"


@pytest.mark.aws(
    "QuickSight", "Refreshes", "https://docs.aws.amazon.com/quicksight/latest/user/refreshing-imported-data.html"
)
def test_what_is_not_in_spice_has_no_refresh_properties(quick: QuickSightRig) -> None:
    place = id_of(quick.data_set(SQL, COLUMNS, ImportMode="DIRECT_QUERY"))
    said = refused(quick.api.put_data_set_refresh_properties, **place, DataSetRefreshProperties=properties())
    assert "is not a SPICE dataset and is not supported for incremental refresh" in said[2]


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}CreateRefreshSchedule.html")
def test_a_schedule_is_described_listed_changed_and_deleted(quick: QuickSightRig) -> None:
    place = id_of(quick.data_set(SQL, COLUMNS))
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    given = {**schedule("HOURLY", id_="own"), "StartAfterDateTime": start}
    arn = quick.api.create_refresh_schedule(**place, Schedule=given)["Arn"]
    found = quick.api.describe_refresh_schedule(**place, ScheduleId="own")["RefreshSchedule"]
    assert {**found, "StartAfterDateTime": found["StartAfterDateTime"].astimezone(UTC)} == {**given, "Arn": arn}
    assert refused(quick.api.create_refresh_schedule, **place, Schedule=given)[0] == "ResourceExistsException"
    quick.api.update_refresh_schedule(**place, Schedule=schedule("DAILY", id_="own", **DAILY))
    (found,) = quick.api.list_refresh_schedules(**place)["RefreshSchedules"]
    assert found["ScheduleFrequency"]["Interval"] == "DAILY"
    quick.api.delete_refresh_schedule(**place, ScheduleId="own")
    assert refused(quick.api.describe_refresh_schedule, **place, ScheduleId="own")[0] == "ResourceNotFoundException"


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}DescribeRefreshSchedule.html")
def test_a_schedule_that_is_given_no_start_has_one_and_keeps_it(quick: QuickSightRig) -> None:
    # The provider sends what it was not given as empty texts, and reads no schedule that has no start:
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/quicksight/refresh_schedule.go
    place = id_of(quick.data_set(SQL, COLUMNS))
    given = schedule("HOURLY", id_="own", TimeOfTheDay="", Timezone="")
    quick.api.create_refresh_schedule(**place, Schedule=given)
    first = quick.api.describe_refresh_schedule(**place, ScheduleId="own")["RefreshSchedule"]["StartAfterDateTime"]
    quick.api.update_refresh_schedule(**place, Schedule=schedule("DAILY", id_="own", **DAILY))
    found = quick.api.describe_refresh_schedule(**place, ScheduleId="own")["RefreshSchedule"]
    assert (found["StartAfterDateTime"], found["ScheduleFrequency"]["Interval"]) == (first, "DAILY")


@pytest.mark.aws("QuickSight", "Limits", f"{API}CreateRefreshSchedule.html")
def test_a_data_set_has_five_schedules_at_most(quick: QuickSightRig) -> None:
    place = id_of(quick.data_set(SQL, COLUMNS))
    for number_ in range(5):
        given = schedule("DAILY", id_=f"s-{number_}", **DAILY)
        quick.api.create_refresh_schedule(**place, Schedule=given)
    said = refused(quick.api.create_refresh_schedule, **place, Schedule=schedule("DAILY", id_="s-5", **DAILY))
    assert said[:2] == ("LimitExceededException", 409)


@pytest.mark.aws("QuickSight", "Refreshes", f"{API}RefreshFrequency.html")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (schedule("MINUTE15"), "InvalidParameterValueException"),
        (schedule("HOURLY", id_="second"), "InvalidParameterValueException"),
        (schedule("DAILY"), "InvalidParameterValueException"),
        (schedule("DAILY", TimeOfTheDay="24:00"), "InvalidParameterValueException"),
        (schedule("DAILY", **DAILY, Timezone="Mars/Base"), "InvalidParameterValueException"),
        (schedule("WEEKLY", **DAILY), "InvalidParameterValueException"),
        (schedule("MONTHLY", **DAILY, RefreshOnDay={"DayOfMonth": "31"}), "InvalidParameterValueException"),
        (schedule("DAILY", "INCREMENTAL_REFRESH", **DAILY), "PreconditionNotMetException"),
    ],
)
def test_a_schedule_that_could_not_be_followed_is_refused(
    quick: QuickSightRig, hourly: str, given: dict[str, Any], code: str
) -> None:
    assert refused(quick.api.create_refresh_schedule, **id_of(hourly), Schedule=given)[0] == code


@pytest.fixture(scope="module")
def hourly(quick: QuickSightRig) -> str:
    """A data set with an hourly schedule."""
    arn = quick.data_set(SQL, COLUMNS)
    quick.api.create_refresh_schedule(**id_of(arn), Schedule=schedule("HOURLY"))
    return arn


@pytest.mark.aws("QuickSight", "Data sets", f"{API}ListDataSets.html")
def test_a_list_comes_in_pages(quick: QuickSightRig, sales: str, hourly: str) -> None:
    first = quick.api.list_data_sets(**ACCOUNT, MaxResults=1)
    assert len(first["DataSetSummaries"]) == 1
    pages = quick.api.get_paginator("list_data_sets").paginate(**ACCOUNT, PaginationConfig={"PageSize": 2})
    found = [summary["Arn"] for page in pages for summary in page["DataSetSummaries"]]
    assert {sales, hourly} <= {*found}
    assert len(found) == len({*found})


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        ("", b'["sales"]', "The request body is not a JSON object"),
        ("", b'{"MaxResults": [1]}', "MaxResults [1] is not a number"),
        ("?max-results=many", b"", "MaxResults many is not a number"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(quick: QuickSightRig, query: str, body: bytes, said: str) -> None:
    url = f"{quick.rig.url}/accounts/{ACCOUNT_ID}/data-sets{query}"
    answer = quick.rig.http.request("GET", url, body=body, headers=signed("quicksight", "GET", url, body=body))
    assert answer.status == 400
    assert said in answer.json().values()


@pytest.mark.aws("QuickSight", "Tags", f"{API}TagResource.html")
def test_what_is_deployed_has_tags(quick: QuickSightRig) -> None:
    arn = quick.data_set(SQL, COLUMNS, Tags=[{"Key": "stack", "Value": "dev"}])
    quick.api.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "us"}])
    quick.api.untag_resource(ResourceArn=arn, TagKeys=["stack"])
    assert quick.api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "us"}]
