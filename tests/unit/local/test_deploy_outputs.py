"""Outputs as they are of use on this machine."""

from rapid.local.deploy.outputs import as_reached_here, quicksight_here


def test_the_page_of_dashboards_is_recorded_as_the_local_cloud_s_own() -> None:
    here = quicksight_here("eu-west-1", "http://127.0.0.1:4566")
    page = "https://eu-west-1.quicksight.aws.amazon.com/sn/start/dashboards"
    assert as_reached_here({"dashboards_url": page}, here) == {
        "dashboards_url": "http://127.0.0.1:4566/sn/start/dashboards"
    }
    elsewhere = "https://us-east-1.quicksight.aws.amazon.com/sn/start/dashboards"
    assert as_reached_here(elsewhere, here) == elsewhere
