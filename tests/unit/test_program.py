import ast
import base64
import contextlib
import inspect
import json
import re
import runpy
import shutil
from functools import cache
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
import yaml

import contracts
import dashboards
from components import tag_everything
from components.sources import SourcesError
from contracts import glue
from dashboards import sql
from tests.unit.dashboards import lineage

from .stack_config import stack_config

ROOT = Path(__file__).parents[1].parent
PROGRAM = ROOT / "__main__.py"
LOGGING_POLICY = "ingest-api-gateway-logging-policy"
"""AWS takes no role for API Gateway's logs that may write to some log groups alone."""
PATHS = {
    "appsflyer": "/ingest/appsflyer",
    "clickstream": "/poc",
    "events": "/ingest/events",
    "feedback": "/feedback",
    "google_analytics": "/ingest/google_analytics",
    "orders": "/events",
    "survey": "/survey",
    "users": "/users",
}
METRICS_ACTIONS = ["cloudwatch:GetMetricData"]
"""Metrics are no resources of IAM."""
GUESTS = "ingest-guests-role"
"""Assumed by Cognito's guests: tests/unit/components/test_guest_senders.py."""
OUTPUTS = {
    "alarms",
    "alarm_topic_arn",
    "operations_dashboard",
    "operations_dashboard_url",
    "ingest_url",
    "api_key",
    "invoke_arns",
    "signing_secret_arns",
    "openapi",
    "identity_pool_id",
    "raw_bucket",
    "processed_bucket",
    "curated_bucket",
    "quarantine_bucket",
    "artifacts_bucket",
    "access_log_group",
    "dead_letter_queue_url",
    "ingest_log_group",
    "curate_job",
    "erasure_job",
    "files_bucket",
    "files_invoke_arn",
    "files_job",
    "database",
    "workgroup",
    "budget",
    "dashboard_ids",
    "dashboards_url",
    "deletion_keys",
    "paths",
    "sources",
    "stack_tag",
    "streams",
}


def program(path=PROGRAM):
    def run():
        # In its folder, as Pulumi does.
        with contextlib.chdir(path.parent):
            runpy.run_path(str(path))

    return run


DASHBOARDS = {"dashboards": "quicksight"}
OTHERWISE = {
    "storefront": "guest",
    "business_name": "Trattoria Demo",
    "languages": "en,de",
    "data_protection": "destroy",
    "api_gateway_logging": "existing",
    "ldap_url": "ldaps://ipa.example.com",
    "ldap_base_dn": "dc=example,dc=com",
}
"""Choices that go together, none of them the default."""


@pytest.fixture(scope="module")
def deployed():
    """The whole program as it was deployed with some configuration, once for all tests: a run takes seconds."""
    from tests.unit.components import engine

    @cache
    def once(preview, config):
        return engine.run(program(), preview=preview, config=dict(config))

    return lambda config, preview=False: once(preview, tuple(config.items()))


@pytest.fixture
def stack(deployed, preview):
    """The whole program with dashboards."""
    return deployed(DASHBOARDS, preview)


def test_the_stack_has_every_output(stack):
    assert set(stack.outputs) == OUTPUTS


def test_the_api_key_is_a_secret_output_and_nothing_else_is(stack):
    assert stack.secret_outputs == {"api_key"}


def test_the_outputs_say_where_to_send_and_what_to_query(deployed):
    outputs = deployed(DASHBOARDS).outputs
    assert outputs["ingest_url"].startswith("https://")
    assert outputs["ingest_url"].endswith("/v1")
    assert outputs["paths"] == {source: path for source, path in PATHS.items() if source != "appsflyer"}
    assert outputs["database"] == "rapid_analytics_dev"
    assert outputs["streams"] == {source: f"{source}-stream-1a2b3c4" for source in PATHS}
    assert outputs["curate_job"] == "curation-job-1a2b3c4"
    assert outputs["artifacts_bucket"] == "curation-artifacts-bucket-1a2b3c4"
    assert outputs["dead_letter_queue_url"].endswith("/ingest-dead-letters")


def test_with_a_storefront_the_outputs_say_where_guests_find_it_and_where_menus_are_put(deployed):
    outputs = deployed(OTHERWISE).outputs
    assert set(outputs) - OUTPUTS == {
        "menu_rules",
        "menus_bucket",
        "storefront_bucket",
        "storefront_distribution",
        "survey_url",
        "storefront_url",
    }
    assert outputs["storefront_url"] == "https://d1.cloudfront.net"


def test_with_a_directory_the_sources_that_ask_for_it_have_paths_too(deployed, preview):
    deployment = deployed(OTHERWISE, preview)
    assert deployment.outputs["paths"] == PATHS
    assert deployment.one("LdapAuthorizer")


def test_a_stack_of_chosen_sources_has_these_alone_and_leaves_out_dashboards_over_others(deployed):
    deployment = deployed({"sources": "events,users", **DASHBOARDS})
    assert deployment.outputs["sources"] == ["events", "users"]
    assert deployment.outputs["paths"] == {source: PATHS[source] for source in ("events", "users")}
    assert set(deployment.outputs["streams"]) == {"events", "users"}
    assert deployment.outputs["dashboard_ids"] == ["rapid-analytics-dev-operations"]
    names = " ".join(resource.name for resource in deployment.resources)
    assert not re.search(rf"\b(?:{'|'.join({*PATHS} - {'events', 'users'})})\b", names)


def test_a_source_that_there_is_not_cannot_be_chosen(deployed):
    with pytest.raises(SourcesError, match="config sources: the source 'feedbak' is not known; near: feedback"):
        deployed({"sources": "clickstream,feedbak"})


def test_every_resource_belongs_to_a_component(stack):
    components = {resource.name for resource in stack.resources if resource.type.startswith("rapid-analytics:")}
    assert all(resource.parent in components for resource in stack.resources if resource.type.startswith("aws:"))


def takes_tags(token):
    """Whether a resource of a type can be given tags, by the provider's own signature."""
    module, name = token.split(":")[1].split("/")[0], token.split(":")[-1]
    place = getattr(aws, {"lambda": "lambda_"}.get(module, module))
    return "tags" in inspect.signature(getattr(place, name)._internal_init).parameters


@pytest.mark.parametrize("config", [DASHBOARDS, OTHERWISE], ids=["dashboards", "otherwise"])
def test_every_resource_that_takes_tags_has_the_stack_s_but_objects_which_are_billed_by_the_tag(deployed, config):
    tags = {"Project": "rapid-analytics", "Environment": "dev", "rapid-analytics:stack": "rapid-analytics/dev"}
    made = [resource for resource in deployed(config).resources if resource.type.startswith("aws:")]
    for resource in made:
        wanted = tags if takes_tags(resource.type) and resource.type != "aws:s3/bucketObjectv2:BucketObjectv2" else None
        assert resource.inputs.get("tags") == wanted, (resource.type, resource.name)
    assert len([resource for resource in made if "tags" in resource.inputs]) > 80


@pytest.fixture(scope="module")
def environments():
    """The program as each environment's own file configures it, but for what not all have: dashboards need a
    subscription, and a storefront is for guests of one business."""
    from tests.unit.components import engine

    found = {}
    for name in ("dev", "test", "prod"):
        config = stack_config(name)
        found[name] = engine.run(program(), config={**config, "dashboards": "none", "storefront": "none"}, stack=name)
    return found


def test_environments_have_the_same_resources_and_differ_in_configuration_alone(environments):
    kinds = [{(resource.type, resource.name) for resource in found.resources} for found in environments.values()]
    assert kinds[0] == kinds[1] == kinds[2]
    names = [found.one("CatalogDatabase").inputs["name"] for found in environments.values()]
    assert names == [f"rapid_analytics_{name}" for name in environments]


def test_prod_protects_what_holds_data_and_takes_two_keys_and_the_others_protect_nothing(environments):
    for name, found in environments.items():
        protected = {resource.type.split(":")[-1] for resource in found.resources if resource.protect}
        assert ("Bucket" in protected, "CatalogDatabase" in protected, "Key" in protected) == (name == "prod",) * 3
        assert {resource.protect for resource in found.resources} == ({True, False} if name == "prod" else {False})
        assert found.outputs["deletion_keys"] == ("two" if name == "prod" else "one")


def test_a_resource_s_own_tags_win(deploy):
    def program():
        tag_everything({"team": "kitchen", "tier": "one"})
        aws.sqs.Queue("own", tags={"tier": "two"})
        aws.sqs.Queue("to_come", tags=aws.sqs.Queue("other").arn.apply(lambda arn: {"of": arn}))

    queues = {queue.name: queue.inputs["tags"] for queue in deploy(program).of("Queue")}
    assert queues["own"] == {"team": "kitchen", "tier": "two"}
    assert queues["to_come"] == {"team": "kitchen", "tier": "one", "of": "arn:aws:sqs:eu-central-1:123456789012:other"}


def test_no_two_resources_of_a_type_have_one_name(stack):
    keys = [(resource.type, resource.name) for resource in stack.resources]
    assert len(keys) == len(set(keys))


def test_no_role_holds_a_wildcard_action_or_every_resource_but_the_one_for_all_logs(deployed):
    policies = deployed(DASHBOARDS).of("RolePolicy")
    assert len(policies) == 16 + 2 * len(PATHS)
    for policy in policies:
        if policy.name == LOGGING_POLICY:
            continue
        for statement in policy.policy():
            assert statement["Effect"] == "Allow"
            assert not [action for action in statement["Action"] if "*" in action], policy.name
            if statement["Action"] == METRICS_ACTIONS:
                continue
            for resource in statement["Resource"]:
                assert resource.startswith("arn:"), policy.name
                # What lies under one named thing, never a pattern over names.
                assert "*" not in resource.removesuffix("/*").removesuffix(":*"), policy.name


def test_every_role_but_that_of_guests_is_assumed_by_one_service(deployed):
    for role in deployed(DASHBOARDS).of("Role"):
        (statement,) = role.trust()
        if role.name == GUESTS:
            continue
        assert statement["Action"] == "sts:AssumeRole"
        assert set(statement["Principal"]) == {"Service"}


def test_no_secret_stands_in_an_input(deployed):
    inputs = [resource.inputs for resource in deployed(DASHBOARDS).resources if resource.type.startswith("aws:")]
    assert "the-secret-key-value" not in json.dumps(inputs, default=str)


@pytest.fixture(scope="module")
def asked(deployed):
    """The selections of each data set of the dashboards, down to the tables that the whole program or its jobs make."""
    tables, views = {}, {}
    for table in (resource.inputs for resource in deployed(DASHBOARDS).of("CatalogTable")):
        if table.get("tableType") == "VIRTUAL_VIEW":
            encoded = table["viewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
            views[table["name"]] = json.loads(base64.b64decode(encoded))["originalSql"]
        else:
            columns = [*table["storageDescriptor"]["columns"], *table.get("partitionKeys", ())]
            tables[table["name"]] = {column["name"]: column["type"] for column in columns}
    for contract in contracts.load_all(ROOT / "sources"):
        tables[contract.curated_table] = {column.name: column.type for column in glue.columns(contract)}
    data_sets = dict.fromkeys(data_set for dashboard in dashboards.ALL for data_set in dashboard.data_sets)
    return {it: lineage.scopes(sql.select(it, "Europe/Rome"), views, tables) for it in data_sets}


def test_every_column_of_a_dashboard_goes_back_to_a_table_that_is_made(asked):
    assert all(lineage.base_columns(found) for found in asked.values())
    given = {data_set.name: found[-1].expression.named_selects for data_set, found in asked.items()}
    assert given == {data_set.name: [column.name for column in data_set.columns] for data_set in asked}


def test_a_data_set_names_the_sources_whose_tables_it_reads(asked):
    of_table = {
        table: contract.source
        for contract in contracts.load_all(ROOT / "sources")
        for table in (contract.table, contract.curated_table)
    }
    asked = {it: found for it, found in asked.items() if "newest_rows" not in it.sql}  # which is over those there are
    read = {it.name: {of_table.get(table) for table in lineage.base_tables(found)} for it, found in asked.items()}
    assert {name: sources - {None} for name, sources in read.items()} == {it.name: set(it.sources) for it in asked}


def test_dashboards_copy_nothing_of_a_person(asked):
    marked = {
        (table, field.column)
        for contract in contracts.load_all(ROOT / "sources")
        for table in (contract.table, contract.curated_table)
        for field in contract.fields
        if field.classification
    }
    told = {it.name: lineage.outputs_of(found, marked) for it, found in asked.items()}
    assert not any(told.values()), told


def test_a_stack_without_quicksight_deploys_without_dashboards_and_says_so(deploy, preview, caplog):
    with caplog.at_level("INFO"):
        deployment = deploy(program(), preview=preview, config={"dashboards": "none"})
    assert not [resource for resource in deployment.resources if "quicksight" in resource.type]
    assert deployment.outputs["dashboards_url"] is None
    assert "No dashboards" in caplog.text


@pytest.mark.parametrize(("config", "kept"), [(DASHBOARDS, 5), (OTHERWISE, 0)], ids=["protect", "destroy"])
def test_data_protection_decides_whether_data_bearing_buckets_are_kept(deployed, preview, config, kept):
    buckets = deployed(config, preview).of("Bucket")
    assert len([bucket for bucket in buckets if bucket.protect and bucket.retain_on_delete]) == kept


def test_a_broken_contract_stops_the_program_naming_file_and_place(deploy, tmp_path):
    shutil.copy(PROGRAM, tmp_path)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "orders.yaml").write_text("kind: DataContract\n")
    with pytest.raises(pulumi.RunError, match=r"orders\.yaml: .*required"):
        deploy(program(tmp_path / "__main__.py"))


def test_a_source_of_files_has_tables_and_nothing_that_events_by_http_need(deploy, preview, tmp_path):
    shutil.copy(PROGRAM, tmp_path)
    (tmp_path / "sources").mkdir()
    shutil.copy(ROOT / "sources" / "orders.yaml", tmp_path / "sources")
    takings = yaml.safe_load((ROOT / "sources" / "clickstream.yaml").read_text()) | {"id": "takings"}
    delivery, event_time = {"property": "delivery", "value": "files"}, {"property": "eventTime", "value": "created_at"}
    takings["customProperties"] = [delivery, event_time]
    (tmp_path / "sources" / "takings.yaml").write_text(yaml.safe_dump(takings))
    deployment = deploy(program(tmp_path / "__main__.py"), preview=preview)
    found = {resource.name for resource in deployment.resources if "takings" in resource.name}
    assert found == {"lakehouse-takings-processed", "lakehouse-takings-view", "lakehouse-takings_now-view"}
    if not preview:
        assert "takings" in deployment.outputs["sources"]
        assert "takings" not in deployment.outputs["paths"]


def test_the_program_is_short_and_reads_no_configuration_itself():
    text = PROGRAM.read_text()
    assert len(text.splitlines()) < 100
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    assert "pulumi.Config" not in text


@pytest.mark.parametrize(("config", "made"), [(DASHBOARDS, 1), (OTHERWISE, 0)], ids=["managed", "existing"])
def test_the_account_s_setting_for_api_gateway_s_logs_is_made_unless_something_else_did(
    deployed, preview, config, made
):
    assert len(deployed(config, preview).of("Account")) == made
