"""The keys of the dashboards: who sees them, and what a day is."""

import json

import pytest
import yaml

import settings
from components.dashboards.settings import DashboardSettings, Group
from dashboards.quicksight import Business
from settings.dashboards import EXAMPLE, MAX_GROUPS, MAX_RULES

QUICKSIGHT = {"dashboards": "quicksight"}


def groups(load, **given):
    return load(**QUICKSIGHT, dashboard_groups=json.dumps(given)).dashboards.groups


def test_dashboards_are_written_as_the_business_writes(load):
    found = load(**QUICKSIGHT, timezone="Europe/Berlin", currency="EUR", languages="de,en").dashboards
    assert found == DashboardSettings(Business("Europe/Berlin", "EUR", "de"), ())
    assert load(**QUICKSIGHT).dashboards == DashboardSettings(Business("UTC", "USD", "en"), ())


def test_a_group_sees_all_or_what_is_named(load):
    seen = {"dashboards": ["restaurant"], "stores": ["store1", "store2"]}
    assert groups(load, owners={}, **{"store1 managers": seen}) == (
        Group("owners"),
        Group("store1 managers", ("restaurant",), ("store1", "store2")),
    )
    assert Group("owners").sees("restaurant")
    assert not Group("store1 managers", ("restaurant",)).sees("operations")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([], "must be an object of groups by their names"),
        ("owners", "must be an object of groups by their names"),
        ({"owners": None}, "group 'owners' is empty; write {} for a group that sees every dashboard and store"),
        ({"owners": ["restaurant"]}, "group 'owners' must be an object with dashboards, stores, both or neither"),
        ({"owners": {"store": ["store1"]}}, "group 'owners' has 'store'; known are dashboards and stores"),
        ({"owners": {"dashboards": []}}, "group 'owners', dashboards: must be a list of at least one; leave"),
        ({"owners": {"stores": "store1"}}, "group 'owners', stores: must be a list of at least one; leave"),
        ({"owners": {"dashboards": ["sails"]}}, "group 'owners', dashboards: there is no dashboard 'sails'"),
        ({"owners": {"stores": [1]}}, "group 'owners', stores: 1 is no text; put it in quotes"),
        ({"owners": {"stores": ["a", "a"]}}, "group 'owners', stores: 'a' is there twice"),
        ({"owners": {"stores": ["a,b"]}}, "group 'owners', stores: 'a,b' has a comma"),
        ({"owners": {"stores": [" a"]}}, "group 'owners', stores: ' a' is no id of a store"),
        ({"owners": {"stores": [""]}}, "group 'owners', stores: '' is no id of a store"),
        ({"Ἀθῆναι": {}}, "has a group 'Ἀθῆναι', which QuickSight refuses"),
        ({"a,b": {}}, "has a group 'a,b', which QuickSight refuses"),
        ({"": {}}, "has a group '', which QuickSight refuses"),
        ({f"g{number}": {} for number in range(MAX_GROUPS + 1)}, "has 65 groups; a dashboard can be shared with 64"),
        ({"all": {"stores": [str(number) for number in range(MAX_RULES + 1)]}}, "names 1000 stores in all its groups"),
    ],
)
def test_groups_that_cannot_be_are_refused_naming_the_key_the_place_and_the_fix(load, given, named):
    with pytest.raises(settings.SettingsError) as refused:
        load(**QUICKSIGHT, dashboard_groups=json.dumps(given))
    message = str(refused.value)
    assert message.startswith(f"config rapid-analytics:dashboard_groups: {named}")
    assert "write it in Pulumi.dev.yaml, for instance `rapid-analytics:dashboard_groups: {" in message


def test_groups_that_are_no_json_are_refused(load):
    with pytest.raises(settings.SettingsError, match="must be an object, which 'owners' is not"):
        load(dashboard_groups="owners")


def test_the_key_of_earlier_releases_is_refused_with_what_to_write_instead(load):
    with pytest.raises(settings.SettingsError) as refused:
        load(dashboards_viewer_principal_arn="arn:aws:quicksight:us-east-1:123456789012:group/default/managers")
    message = str(refused.value)
    assert message.startswith("config rapid-analytics:dashboards_viewer_principal_arn: no longer a key;")
    assert "`rapid-analytics:dashboard_groups: {managers: {}}`" in message
    assert "pulumi config rm rapid-analytics:dashboards_viewer_principal_arn" in message


def test_the_example_that_errors_show_is_one_of_groups_that_can_be(load):
    assert groups(load, **yaml.safe_load(f"{{{EXAMPLE}}}"))
