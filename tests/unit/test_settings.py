from pathlib import Path

import pytest
import yaml

import settings
from components.ingest.api_gateway_account import ApiGatewayLogging
from components.ingest.ldap_authorizer import LdapDirectory
from components.jobs import curation
from components.network.network import NetworkIds
from components.private_bucket import DataProtection
from contracts import views
from rapid.local.ldap.certificates import issue

from .stack_config import as_text, stack_config

ROOT = Path(__file__).parents[1].parent
PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def test_a_stack_without_configuration_has_the_defaults(load):
    found = load()
    assert found.delivery_interval_seconds == 60
    assert found.api_gateway_logging is ApiGatewayLogging.MANAGED
    assert found.data_policy["protection"] is DataProtection.PROTECT
    assert found.dashboards is None
    assert found.migration == {"phase": None, "stream_shards": 1}


def test_the_defaults_are_those_of_the_project_file(load):
    declared = {key: as_text(schema["default"]) for key, schema in PROJECT["config"].items()}
    assert load() == load(**declared)


def test_every_key_that_is_read_is_declared_in_the_project_file():
    assert set(PROJECT["config"]) == set(settings.KEYS)


@pytest.mark.parametrize("key", PROJECT["config"])
def test_every_key_has_a_type_a_default_and_a_description(key):
    declared = PROJECT["config"][key]
    assert isinstance(declared["default"], {"string": str, "integer": int, "object": dict}[declared["type"]])
    assert len(declared["description"]) > 20


@pytest.mark.parametrize("stack", ["dev", "test", "prod"])
def test_every_stack_is_configured_validly(load, stack):
    load(**stack_config(stack))


def test_production_keeps_its_data(load):
    assert load(**stack_config("prod")).data_policy["protection"] is DataProtection.PROTECT


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("delivery_interval_seconds", "901", "a whole number from 0 to 900"),
        ("delivery_interval_seconds", "-1", "a whole number from 0 to 900"),
        ("delivery_interval_seconds", "soon", "a whole number from 0 to 900"),
        ("delivery_interval_seconds", "1.5", "a whole number from 0 to 900"),
        ("athena_scan_limit_bytes", "1", "a whole number from 10000000"),
        ("log_retention_days", "8", "one of 1, 3, 5, 7, 14"),
        ("monthly_budget_dollars", "0", "a whole number from 1"),
        ("monthly_budget_dollars", "900.50", "a whole number from 1"),
        ("notification_email", "operations", "an e-mail address"),
        ("notification_email", "a@example.com, b@example.com", "an e-mail address"),
        ("data_protection", "yes", "one of protect, destroy"),
        ("api_gateway_logging", "on", "one of managed, existing"),
        ("table_maintenance", "athena", "one of job, glue"),
        ("migration", "cutover", "one of none, side_by_side, cut_over, decommissioned"),
        ("stream_shards", "0", "a whole number from 1 to 500"),
        ("stream_shards", "auto", "a whole number from 1 to 500"),
        ("dashboards", "true", "one of quicksight, none"),
        ("ldap_url", "ldap://ipa.example.com", "ldaps:// and a host"),
        ("ldap_url", "ldaps://", "ldaps:// and a host"),
        ("ldap_url", "ldaps://ipa.example.com/dc=example", "ldaps:// and a host"),
        ("ldap_url", "ldaps://user:word@ipa.example.com", "ldaps:// and a host"),
        ("ldap_base_dn", "example.com", "a distinguished name such as dc=example,dc=com"),
        ("ldap_ca_certificate", "/etc/ipa/ca.crt", "one or more certificates in PEM"),
        ("curate_interval_minutes", "0", "a whole number from 1 to 360"),
        ("curate_interval_minutes", "361", "a whole number from 1 to 360"),
        ("data_access_principal_arns", "*", "ARNs of roles, users or the root user with commas between"),
        (
            "data_access_principal_arns",
            "arn:aws:iam::123456789012:role/a,arn:aws:sts::123456789012:assumed-role/b/c",
            "ARNs of roles, users or the root user with commas between",
        ),
        ("timezone", "Berlin", "UTC or a time zone of the IANA database"),
        ("timezone", "Europe/Berlyn", "UTC or a time zone of the IANA database"),
        ("timezone", "GMT+1", "UTC or a time zone of the IANA database"),
        ("timezone", "../etc/passwd", "UTC or a time zone of the IANA database"),
    ],
)
def test_a_bad_value_is_refused_naming_the_key_the_value_and_the_fix(load, key, value, fix):
    with pytest.raises(settings.SettingsError) as refused:
        load(**{key: value})
    message = str(refused.value)
    assert message.startswith(f"config rapid-analytics:{key}: '{value}' must be {fix}")
    assert f"pulumi config set rapid-analytics:{key}" in message


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"ldap_url": "ldaps://ipa.example.com"}, "ldap_base_dn"),
        ({"ldap_base_dn": "dc=example,dc=com"}, "ldap_url"),
        ({"ldap_ca_certificate": issue(["localhost"]).authority}, "ldap_url"),
    ],
    ids=["url", "base_dn", "ca_certificate"],
)
def test_half_a_directory_is_refused_naming_what_is_missing(load, given, missing):
    with pytest.raises(settings.SettingsError, match=f"rapid-analytics:{missing}: is not set, and a directory needs"):
        load(**given)


def test_a_directory_is_an_address_a_suffix_and_perhaps_an_authority(load):
    given = {"ldap_url": "ldaps://ipa.example.com:1636", "ldap_base_dn": "dc=example,dc=com"}
    assert load().ldap is None
    assert load(**given).ldap == LdapDirectory("ldaps://ipa.example.com:1636", "dc=example,dc=com", None)
    authority = issue(["localhost"]).authority
    assert load(**given, ldap_ca_certificate=authority).ldap.ca_certificate == authority


def test_whoever_may_touch_data_is_named_with_commas_between(load):
    roles = (
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*/Analyst_?",
    )
    assert load().data_policy["principal_arns"] == ()
    assert load(data_access_principal_arns=", ".join(roles)).data_policy["principal_arns"] == roles


def test_however_long_the_interval_an_event_is_curated_while_the_views_look_for_it():
    interval, run = settings.MAX_CURATE_INTERVAL_MINUTES, curation.TIMEOUT_MINUTES
    assert 2 * interval + run < views.RECENT_HOURS * 60


def test_an_unknown_key_is_refused_by_name(load):
    with pytest.raises(settings.SettingsError, match="rapid-analytics:log_retention_day: not a known key"):
        load(log_retention_day="7")


@pytest.mark.parametrize(
    ("stack", "database"), [("dev", "rapid_analytics_dev"), ("Prod-EU.1", "rapid_analytics_prod_eu_1")]
)
def test_the_database_is_named_after_the_stack_in_characters_that_glue_allows(deploy, stack, database):
    found = []
    deploy(lambda: found.append(settings.load()), stack=stack)
    assert found[0].database_name == database


EXISTING = {
    "network": "existing",
    "vpc_id": "vpc-0123456789abcdef0",
    "private_subnet_ids": "subnet-0123456789abcdef0, subnet-0123456789abcdef1",
    "availability_zones": "us-east-1a,us-east-1b",
}
FILES = {"efs_file_system_id": "fs-0123456789abcdef0", "efs_security_group_id": "sg-0123456789abcdef0"}


def test_a_network_is_none_made_or_given_by_id(load):
    assert load().network is None
    assert load(network="create").network == NetworkIds()
    found = load(**EXISTING, **FILES).network
    assert found == NetworkIds(
        "vpc-0123456789abcdef0",
        ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
        ("us-east-1a", "us-east-1b"),
        "fs-0123456789abcdef0",
        "sg-0123456789abcdef0",
    )
    assert load(**EXISTING).network.efs_file_system_id is None


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"network": "vpc"}, "one of none, create, existing"),
        ({"vpc_id": EXISTING["vpc_id"]}, "vpc_id: network is none; set it to existing"),
        ({"network": "create", "vpc_id": EXISTING["vpc_id"]}, "vpc_id: network is create, which makes it"),
        ({"network": "create", "availability_zones": "us-east-1a"}, "takes two zones, not 1"),
        ({"network": "existing"}, "vpc_id: is not set, and network: existing needs it"),
        (EXISTING | {"private_subnet_ids": ""}, "private_subnet_ids: is not set"),
        (EXISTING | {"availability_zones": ""}, "availability_zones: is not set"),
        (EXISTING | {"availability_zones": "us-east-1a"}, "1 zones and 2 private_subnet_ids"),
        (EXISTING | {"availability_zones": "us-east-1a,us-east-1a"}, "each once"),
        (EXISTING | {"availability_zones": "here,there"}, "such as us-east-1a,us-east-1b"),
        (EXISTING | {"vpc_id": "mine"}, "one id, such as vpc-"),
        (EXISTING | {"vpc_id": "vpc-0123456789abcdef0,vpc-0123456789abcdef1"}, "one id, such as vpc-"),
        (EXISTING | {"private_subnet_ids": "subnet-1"}, "ids with commas between"),
        (EXISTING | {"efs_file_system_id": FILES["efs_file_system_id"]}, "efs_security_group_id: is not set"),
        (EXISTING | {"efs_security_group_id": FILES["efs_security_group_id"]}, "efs_file_system_id: is not set"),
    ],
)
def test_a_network_that_cannot_be_is_refused_naming_the_key(load, config, named):
    with pytest.raises(settings.SettingsError, match=named):
        load(**config)
