"""The whole program in each phase of the migration: what there is, who writes where, who reads what."""

import json
from functools import cache

import pytest

from .test_program import OUTPUTS, program

SOURCES = ("clickstream", "users")
"""One by the direct path that guests put too, one by the function whose contract hashes: enough to tell who writes
where, and a third as much to wait for."""
PHASES = ("side_by_side", "cut_over", "decommissioned")
CONFIG = {"sources": ",".join(SOURCES), "dashboards": "quicksight"}
DOORS = {"ingest-handler-execution-policy", "ingest-direct-policy", "ingest-guests-policy"}
"""What lets doors put onto the streams of the phase after or before, since they turn one after the other."""
LAKE = ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket", "database", "workgroup")


@pytest.fixture(scope="module")
def deployed():
    from tests.unit.components import engine

    @cache
    def once(phase):
        return engine.run(program(), config={**CONFIG, "migration": phase})

    return once


@pytest.fixture(scope="module")
def before(deployed):
    return deployed("none")


def text(inputs):
    """Inputs that can be compared: the files of an archive are objects of their own."""
    return json.dumps(inputs, default=lambda archive: type(archive).__name__, sort_keys=True)


def names(deployment):
    return {(resource.type, resource.name) for resource in deployment.resources}


def test_a_stack_that_does_not_move_has_nothing_of_it(before):
    assert set(before.outputs) == OUTPUTS
    assert not before.of("Stream")
    assert not [resource.name for resource in before.resources if "streaming" in resource.name]
    assert not [it.name for it in before.of("Function") if "MIRROR_STREAM" in it.inputs["environment"]["variables"]]


def test_side_by_side_changes_transforms_roles_that_put_and_what_names_all_buckets_or_functions_and_adds_the_rest(
    before, deployed
):
    beside = deployed("side_by_side")
    assert names(before) <= names(beside)
    inputs = {resource.urn: text(resource.inputs) for resource in beside.resources}
    changed = {it.name for it in before.resources if inputs[it.urn] != text(it.inputs)}
    of_sources = {f"{source}-transform-{what}" for source in SOURCES for what in ("function", "execution-policy")}
    assert of_sources <= changed
    watching = {name for name in changed - of_sources if name.startswith(("operations-", "access-logs-"))}
    assert changed == of_sources | watching | DOORS


def test_the_switch_makes_and_destroys_nothing_so_that_followers_have_been_reading_when_doors_turn(deployed):
    assert names(deployed("side_by_side")) == names(deployed("cut_over"))
    streams = [{it.name: it.inputs for it in deployed(phase).of("FirehoseDeliveryStream")} for phase in PHASES[:2]]
    assert streams[0] == streams[1]


def test_doors_write_to_data_streams_from_the_switch_on(deployed):
    assert "data_streams" not in deployed("side_by_side").outputs
    for phase in PHASES[1:]:
        assert deployed(phase).outputs["data_streams"] == {it: f"{it}-data-stream-1a2b3c4" for it in SOURCES}


@pytest.mark.parametrize(
    ("phase", "readers"),
    [("cut_over", {"{}-follower-stream", "streaming-{}-stream"}), ("decommissioned", {"streaming-{}-stream"})],
)
def test_doors_turn_to_a_data_stream_once_all_are_there_who_read_it_since_these_begin_with_what_comes_then(
    deployed, phase, readers
):
    deployment = deployed(phase)
    doors = {
        "users": deployment.one("Function", "ingest-handler-function").sources["environment"],
        "clickstream": deployment.one("RestApi").sources["body"],
    }
    guests = deployment.one("RolePolicy", "ingest-guests-policy").sources["policy"]
    for source, waits_for in (*doors.items(), ("clickstream", guests)):
        waited = {urn.rpartition("::")[2] for urn in waits_for if "FirehoseDeliveryStream" in urn}
        assert {reader.format(source) for reader in readers} <= waited, source


def put_onto(deployment, role):
    """Names of the streams that a role may put onto."""
    statements = deployment.one("RolePolicy", f"{role}-policy").policy()
    puts = [it["Resource"] for it in statements if it["Action"][0].startswith(("firehose:Put", "kinesis:Put"))]
    return [arn.rpartition("/")[2].removesuffix("-1a2b3c4") for resources in puts for arn in resources]


@pytest.mark.parametrize(
    ("phase", "api", "guests"),
    [
        ("none", ["stream"], ["clickstream-stream"]),
        ("side_by_side", ["stream", "data-stream"], ["clickstream-stream", "streaming-clickstream-guests-stream"]),
        # In the same order: a switch changes no policy, so that no door waits for one.
        ("cut_over", ["stream", "data-stream"], ["clickstream-stream", "streaming-clickstream-guests-stream"]),
        ("decommissioned", ["data-stream"], ["streaming-clickstream-guests-stream"]),
    ],
)
def test_doors_may_put_onto_the_streams_of_their_phase_and_around_a_switch_onto_those_of_the_other(
    deployed, phase, api, guests
):
    deployment = deployed(phase)
    assert put_onto(deployment, "ingest-direct") == [f"clickstream-{what}" for what in api]
    assert put_onto(deployment, "ingest-handler-execution") == [f"users-{what}" for what in api]
    assert put_onto(deployment, "ingest-guests") == guests


def test_what_guests_put_comes_into_the_data_stream_from_wherever_they_put_it(deployed):
    functions = {it.name: it.inputs["environment"]["variables"] for it in deployed("cut_over").of("Function")}
    mirrors = {
        name.removesuffix("-transform-function"): variables["MIRROR_STREAM"]
        for name, variables in functions.items()
        if "MIRROR_STREAM" in variables
    }
    data_streams = {it: f"{it}-data-stream-1a2b3c4" for it in SOURCES}
    assert mirrors == {**data_streams, "streaming-clickstream": data_streams["clickstream"]}


@pytest.mark.parametrize(("phase", "asked"), [*zip(PHASES, ("", "_streaming", "_streaming"), strict=True)])
def test_dashboards_and_figures_of_operations_are_of_one_lake_the_new_one_from_the_switch_on(deployed, phase, asked):
    deployment, database = deployed(phase), f"rapid_analytics_dev{asked}"
    tables = [table["relationalTable"] for it in deployment.of("DataSet") for table in it.inputs["physicalTableMaps"]]
    assert {table["schema"] for table in tables} == {database}
    assert deployment.one("CatalogTable", "operations-data-operations-hours").inputs["databaseName"] == database


@pytest.mark.parametrize("phase", PHASES)
def test_the_output_says_what_each_lake_is_called(deployed, phase):
    outputs = deployed(phase).outputs
    told = outputs["migration"]
    assert told["phase"] == phase
    assert set(told) == {"phase", "data_streams", "followers", "flink", "platform", "streaming", "guest_streams"}
    assert told["guest_streams"] == {"clickstream": "streaming-clickstream-guests-stream-1a2b3c4"}
    assert outputs.get("guest_streams") == (None if phase == "side_by_side" else told["guest_streams"])
    assert told["data_streams"] == {source: f"{source}-data-stream-1a2b3c4" for source in SOURCES}
    assert set(told["flink"]) == {
        *("role_arn", "catalog_database", "warehouse", "code", "log_group", "log_stream_arn", "stream_arns")
    }
    current = told["streaming" if phase == "decommissioned" else "platform"]
    assert set(told["platform"]) == set(told["streaming"]) == {*LAKE, "curate_job", "streams"}
    assert {key: outputs[key] for key in (*LAKE, "curate_job", "streams")} == current
    assert told["streaming"]["database"] == "rapid_analytics_dev_streaming"


def test_once_decommissioned_nothing_is_left_of_the_first_lake_but_the_lakehouse_with_its_key(before, deployed):
    after = deployed("decommissioned")
    told = after.outputs["migration"]
    assert (told["followers"], told["platform"]["curate_job"], told["platform"]["streams"]) == ({}, None, None)
    streams = {it.name.removeprefix("streaming-") for it in after.of("FirehoseDeliveryStream")}
    assert streams == {"clickstream-stream", "users-stream", "clickstream-guests-stream"}
    assert "curation" not in {it.name for it in after.of("Curation")}
    kept = [it.urn for it in before.resources if "Lakehouse" in it.urn]
    assert set(kept) <= {it.urn for it in after.resources}
    assert {key.name for key in after.of("Key")} == {"lakehouse-pseudonym-key", "operations-key"}


@pytest.mark.parametrize("phase", PHASES)
def test_requests_to_the_buckets_of_both_lakes_are_logged_under_names_that_stay(deployed, phase):
    logged = {it.name.removeprefix("access-logs-"): it.inputs["bucket"] for it in deployed(phase).of("BucketLogging")}
    for zone in ("raw", "processed", "curated", "quarantine", "results"):
        assert logged[zone] == f"lakehouse-{zone}-bucket-1a2b3c4"
        assert logged[f"streaming-{zone}"] == f"streaming-lakehouse-{zone}-bucket-1a2b3c4"
    assert ("artifacts" in logged) == (phase != "decommissioned")


def test_files_go_into_the_first_lake_until_it_is_decommissioned(deployed):
    buckets = {
        phase: deployed(phase).one("Job", "files-job").inputs["defaultArguments"]["--processed_bucket"]
        for phase in PHASES
    }
    first, new = "lakehouse-processed-bucket-1a2b3c4", "streaming-lakehouse-processed-bucket-1a2b3c4"
    assert buckets == {"side_by_side": first, "cut_over": first, "decommissioned": new}


def test_a_person_has_the_same_pseudonym_in_both_lakes(deployed):
    functions = {it.name: it.inputs["environment"]["variables"] for it in deployed("side_by_side").of("Function")}
    keys = [functions[f"{prefix}users-transform-function"]["PSEUDONYM_KEY_ARN"] for prefix in ("", "streaming-")]
    assert keys[0] == keys[1]
