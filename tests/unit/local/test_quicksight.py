"""QuickSight's data sets and dashboards, as the stack makes, changes and ends them."""

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, REGION, Rig

API = "https://docs.aws.amazon.com/quicksight/latest/APIReference/API_"
TABLE = {
    "orders": {
        "RelationalTable": {
            "DataSourceArn": f"arn:aws:quicksight:{REGION}:{ACCOUNT_ID}:datasource/lake",
            "Name": "orders",
            "InputColumns": [{"Name": "price", "Type": "DECIMAL"}],
        }
    }
}


def data_set(rig: Rig, name: str) -> dict[str, object]:
    """The request for a data set of a new id."""
    id_ = rig.name("data-set")
    return {
        "AwsAccountId": ACCOUNT_ID,
        "DataSetId": id_,
        "Name": name,
        "PhysicalTableMap": TABLE,
        "ImportMode": "DIRECT_QUERY",
    }


def names(rig: Rig) -> dict[str, str]:
    """The names of all data sets by id."""
    found = rig.aws("quicksight").list_data_sets(AwsAccountId=ACCOUNT_ID)["DataSetSummaries"]
    return {summary["DataSetId"]: summary["Name"] for summary in found}


@pytest.mark.aws("QuickSight", "Data sets", f"{API}UpdateDataSet.html")
def test_a_data_set_is_listed_renamed_and_deleted(rig: Rig) -> None:
    quicksight, request = rig.aws("quicksight"), data_set(rig, "orders")
    arn = quicksight.create_data_set(**request)["Arn"]
    assert names(rig)[request["DataSetId"]] == "orders"
    assert quicksight.update_data_set(**{**request, "Name": "all orders"})["Arn"] == arn
    assert names(rig)[request["DataSetId"]] == "all orders"
    assert quicksight.delete_data_set(AwsAccountId=ACCOUNT_ID, DataSetId=request["DataSetId"])["Arn"] == arn
    assert request["DataSetId"] not in names(rig)


@pytest.mark.aws("QuickSight", "Data sets", f"{API}DeleteDataSet.html")
def test_a_data_set_that_does_not_exist_is_not_found(rig: Rig) -> None:
    with pytest.raises(ClientError) as refused:
        rig.aws("quicksight").delete_data_set(AwsAccountId=ACCOUNT_ID, DataSetId="nobody")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}DeleteDashboard.html")
def test_a_dashboard_that_does_not_exist_is_not_found(rig: Rig) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rig.aws("quicksight").delete_dashboard(AwsAccountId=ACCOUNT_ID, DashboardId="nobody")


def test_an_operation_that_the_local_cloud_does_not_have_is_refused_by_name(rig: Rig) -> None:
    with pytest.raises(ClientError, match=r"NotImplemented.*does not support GET .*/data-sets/d of QuickSight"):
        rig.aws("quicksight").describe_data_set(AwsAccountId=ACCOUNT_ID, DataSetId="d")
