"""`rapid migrate decommission`: what must be before it, in which order things end, and when data goes."""

import datetime
import json
import sys
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from rapid.cli import job_run
from rapid.cli.errors import CommandError
from rapid.cli.failed_events.places import Places
from rapid.cli.job_run import Ended
from rapid.cli.migrate import cutover, decommission, state
from rapid.cli.migrate.state import Step
from rapid.cli.teardown import keys, streams

from .moving import URN, CloudState, on_local_cloud, verified
from .stacks import ZONES, outputs

GUESTS = f"{URN}rapid-analytics:index:GuestSenders$aws:iam/rolePolicy:RolePolicy::guests"
MORE = {"deletion_keys": "two", "dead_letter_queue_url": "https://queue"}
ROWS = "orders/2026/06/01/12/file-1-00000.parquet"
BAD_ROWS = "files/orders/1/00000.ndjson.gz"


class Queue:
    """The dead-letter queue."""

    messages = 0

    def get_queue_attributes(self, *, QueueUrl, AttributeNames):
        return {"Attributes": {name: str(self.messages if name.endswith("Messages") else 0) for name in AttributeNames}}


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    """The stack, cut over and verified, with S3 and Glue of Moto."""
    monkeypatch.delenv(keys.VARIABLE, raising=False)
    with mock_aws():
        s3, glue = boto3.client("s3", region_name="us-east-1"), boto3.client("glue", region_name="us-east-1")
        for name in (f"{lake}-{zone}" for lake in ("old", "new") for zone in ZONES):
            s3.create_bucket(Bucket=name)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        for database in ("lake_old", "lake_new"):
            glue.create_database(DatabaseInput={"Name": database})
            glue.create_table(DatabaseName=database, TableInput={"Name": "orders_curated"})
        s3.put_object(Bucket="old-raw", Key="orders/1", Body=b"one")
        s3.put_object(Bucket="old-raw", Key="orders/1", Body=b"two")
        s3.put_object(Bucket="old-processed", Key=ROWS, Body=b"rows")
        s3.put_object(Bucket="old-processed", Key="orders/2026/06/01/12/stream-1.parquet", Body=b"events")
        s3.put_object(Bucket="old-quarantine", Key=BAD_ROWS, Body=b"bad rows")
        found = on_local_cloud(tmp_path, monkeypatch)
        found.clients |= {"s3": s3, "glue": glue, "sqs": Queue(), "cloudwatch": None}
        monkeypatch.setattr(job_run, "run", lambda *_: SimpleNamespace(succeeded=True, reports=[]))
        verified(found)
        cutover.run(force=True)
        verified(found)
        found.done.clear()
        yield found


def error(**options):
    with pytest.raises(CommandError) as caught:
        decommission.run(**{"force": True, **options})
    return str(caught.value)


def contents(deployed, bucket):
    return [it["Key"] for it in deployed.clients["s3"].list_objects_v2(Bucket=bucket).get("Contents", [])]


def tables(deployed, database):
    return [it["Name"] for it in deployed.clients["glue"].get_tables(DatabaseName=database)["TableList"]]


def recorded(deployed):
    return state.last(CloudState(deployed).stack, Step.DECOMMISSION)


def test_guests_are_shut_out_then_old_streams_drained_then_all_is_deployed_and_the_data_is_kept(deployed, capsys):
    assert decommission.run(force=True) == 0
    assert deployed.done == [f"deploy {GUESTS}", "flush", "deploy"]
    assert (deployed.key, deployed.phase) == ("decommissioned", "decommissioned")
    assert recorded(deployed)
    said = capsys.readouterr().out
    assert "The old pipelines have ended." in said
    assert "Kept: the data of the old lake. To delete it, turn two keys. The first: set data_protection to" in said
    assert "`RAPID_DELETE_DATA=prod rapid migrate decommission`" in said
    assert contents(deployed, "old-raw") == ["orders/1"]


def test_rows_of_files_that_came_after_the_last_sync_are_carried_over_and_events_are_not(deployed):
    decommission.run(force=True)
    assert contents(deployed, "new-processed") == [ROWS]
    assert contents(deployed, "new-quarantine") == [BAD_ROWS]


def test_reports_of_erasures_and_figures_that_came_after_the_last_sync_are_there_before_the_old_data_goes(
    deployed, monkeypatch
):
    decommission.run(force=True)
    for key in ("erasures/orders/1.json", "operations-hours/2026-03-13.json"):
        deployed.clients["s3"].put_object(Bucket="old-curated", Key=key, Body=b"{}")
    deployed.protect = False
    monkeypatch.setenv(keys.VARIABLE, "prod")
    assert decommission.run(force=True) == 0
    assert contents(deployed, "old-curated") == []
    kept = {*contents(deployed, "new-curated")}
    assert {"old-erasures/orders/1.json", "operations-hours/2026-03-13.json"} <= kept


def test_a_job_that_cannot_read_what_was_carried_over_ends_it_and_nothing_is_recorded(deployed, monkeypatch):
    report = {"source": "orders", "unreadable": [f"{ROWS}: no Parquet"]}
    monkeypatch.setattr(job_run, "run", lambda *_: Ended("SUCCEEDED", "", "", [report]))
    assert "did not add everything" in error()
    assert recorded(deployed) is None


def test_old_streams_that_do_not_deliver_end_it_and_the_next_run_goes_on(deployed, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(streams, "drain", lambda *_: {"old-orders": "3 records"})
        said = error()
    assert "not delivered: 3 records of old-orders" in said
    assert "the config key migration is cut_over again. `rapid migrate decommission` goes on" in said
    assert recorded(deployed) is None
    assert (deployed.key, deployed.phase) == ("cut_over", "cut_over")
    assert decommission.run(force=True) == 0
    assert deployed.phase == "decommissioned"


def test_a_deployment_that_has_ended_old_streams_is_only_gone_on_with(deployed, monkeypatch):
    def deploy(_stack, targets):
        if not targets:
            deployed.phase = "decommissioned"
            raise CommandError("a queue: no")

    with monkeypatch.context() as patched:
        patched.setattr("rapid.cli.local_changes.deploy", deploy)
        assert "again" not in error()
    assert deployed.key == "decommissioned"
    assert decommission.run(force=True) == 0


def test_a_run_that_was_killed_after_the_deployment_carries_over_what_is_late(deployed):
    deployed.set_key("decommissioned")
    deployed.deploy()
    deployed.done.clear()
    assert decommission.run(force=True) == 0
    assert deployed.done == []
    assert contents(deployed, "new-processed") == [ROWS]
    assert recorded(deployed)


def test_a_run_that_is_done_is_not_done_again(deployed):
    decommission.run(force=True)
    deployed.clients["s3"].delete_object(Bucket="new-processed", Key=ROWS)
    deployed.done.clear()
    assert decommission.run(force=True) == 0
    assert deployed.done == []
    assert contents(deployed, "new-processed") == []


def test_accepted_events_on_the_dead_letter_queue_are_sent_first(deployed):
    deployed.clients["sqs"].messages = 2
    assert "2 messages on the dead-letter queue" in error()
    assert (deployed.key, deployed.done) == ("cut_over", [])


def test_a_writer_that_writes_to_an_old_stream_is_moved_first(deployed):
    deployed.path = "firehose"
    assert "1 writer on old delivery streams, as listed; `rapid migrate cutover` moves them" in error()
    assert (deployed.key, deployed.done) == ("cut_over", [])


@pytest.mark.parametrize("is_open", [True, False])
def test_records_that_failed_are_told_and_those_that_are_in_no_table_are_sent_first(
    deployed, monkeypatch, capsys, is_open
):
    key = "errors/orders/processing-failed/1"
    deployed.clients["s3"].put_object(Bucket="old-processed", Key=key, Body=b'{"rawData": ""}\n')
    monkeypatch.setattr(Places, "open", lambda _places, _contract, events: [*events] if is_open else [])
    if is_open:
        assert f"are in no table: s3://old-processed/{key}; `rapid errors list`" in error()
        assert deployed.done == []
    else:
        assert decommission.run(force=True) == 0
        assert "1 object under s3://old-processed/errors/; all events" in capsys.readouterr().out


@pytest.mark.parametrize(("hours", "is_told"), [(2, True), (0.02, False)])
def test_pages_that_still_put_onto_an_old_stream_are_told_of(deployed, monkeypatch, capsys, hours, is_told):
    asked = []

    def metric(_cloudwatch, stream, *more):
        asked.append((stream, *more))
        return 7.0

    monkeypatch.setattr(streams, "metric_of", metric)
    moved = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
    key = f"{state.FOLDER}cutover.json"
    deployed.clients["s3"].put_object(Bucket="new-curated", Key=key, Body=json.dumps({"at": moved.isoformat()}))
    assert decommission.run(force=True) == 0
    assert ("7 records were put onto old-orders" in capsys.readouterr().out) == is_told
    assert {stream for stream, *_ in asked} == ({"old-orders"} if is_told else set())


def test_before_a_verification_of_what_the_cutover_left_nothing_ends(deployed):
    state.record(CloudState(deployed).stack, Step.CUTOVER, {})
    assert "is newer than the last verification" in error()


def test_the_data_goes_with_two_keys_and_nothing_of_the_other_lake_does(deployed, monkeypatch, capsys):
    deployed.protect = False
    decommission.run(force=True)
    assert "The first key is turned; the second deletes it" in capsys.readouterr().out
    assert contents(deployed, "old-raw") == ["orders/1"]
    monkeypatch.setenv(keys.VARIABLE, "prod")
    assert decommission.run(force=True) == 0
    assert {zone: contents(deployed, f"old-{zone}") for zone in ZONES} == {zone: [] for zone in ZONES}
    assert "Deleted 5 versions of objects from 4 buckets." in capsys.readouterr().out
    assert contents(deployed, "new-processed") == [ROWS]
    assert (tables(deployed, "lake_old"), tables(deployed, "lake_new")) == ([], ["orders_curated"])
    assert decommission.run(force=True) == 0
    assert "The old lake holds nothing." in capsys.readouterr().out


@pytest.mark.parametrize("step", [Step.SYNC, Step.VERIFY, Step.CUTOVER])
def test_what_was_decommissioned_by_hand_keeps_its_data_whatever_keys_are_turned(deployed, monkeypatch, step):
    deployed.protect = False
    monkeypatch.setenv(keys.VARIABLE, "prod")
    deployed.clients["s3"].delete_object(Bucket="new-curated", Key=f"{state.FOLDER}{step}.json")
    deployed.set_key("decommissioned")
    deployed.deploy()
    assert "is in phase decommissioned already" in error()
    assert contents(deployed, "old-raw") == ["orders/1"]
    assert contents(deployed, "new-processed") == []
    assert recorded(deployed) is None


@pytest.mark.parametrize("left", ["messages", "records", "a writer"])
def test_what_was_decommissioned_by_hand_is_checked_as_on_the_ordinary_way_before_data_goes(
    deployed, monkeypatch, left
):
    deployed.protect = False
    monkeypatch.setenv(keys.VARIABLE, "prod")
    deployed.set_key("decommissioned")
    deployed.deploy()
    if left == "messages":
        deployed.clients["sqs"].messages = 2
        said = "2 messages on the dead-letter queue"
    elif left == "records":
        key = "errors/orders/processing-failed/1"
        deployed.clients["s3"].put_object(Bucket="old-processed", Key=key, Body=b'{"rawData": ""}\n')
        monkeypatch.setattr(Places, "open", lambda _places, _contract, events: [*events])
        said = "1 event of records that failed are in no table"
    else:
        deployed.path = "firehose"
        said = "1 writer on old delivery streams"
    found = error()
    assert said in found
    # What is sent again from the queue comes into the streaming lake, whichever phase it is.
    assert ("Set cut_over again and deploy it" in found) == (left != "messages")
    assert recorded(deployed) is None
    assert contents(deployed, "old-raw") == ["orders/1"]
    assert contents(deployed, "new-processed") == []


def test_records_that_failed_while_old_streams_were_emptied_are_in_no_lake_and_end_it(deployed, monkeypatch):
    monkeypatch.setattr(Places, "open", lambda _places, _contract, events: [*events])

    def drain(*_):
        key = "errors/orders/processing-failed/1"
        deployed.clients["s3"].put_object(Bucket="old-processed", Key=key, Body=b'{"rawData": ""}\n')
        return {}

    monkeypatch.setattr(streams, "drain", drain)
    said = error()
    assert "1 event of records that failed are in no table" in said
    assert "Set cut_over again and deploy it" in said
    assert recorded(deployed) is None


def test_an_ending_that_is_done_asks_no_more_who_writes_or_what_failed_since(deployed):
    decommission.run(force=True)
    deployed.clients["sqs"].messages = 2
    assert decommission.run(force=True) == 0


def test_outputs_that_are_ahead_of_old_streams_skip_no_gate(deployed, monkeypatch):
    """Pulumi sets the outputs after a deployment of a part, too."""
    ahead = {**deployed.outputs()["migration"], "phase": "decommissioned"}
    monkeypatch.setattr(type(deployed), "outputs", lambda it: outputs(it.phase, **MORE, migration=ahead))
    deployed.clients["sqs"].messages = 2
    assert "2 messages on the dead-letter queue" in error()
    assert deployed.done == []


def test_what_guests_lost_is_given_back_where_nothing_has_ended(deployed, monkeypatch):
    monkeypatch.setattr(streams, "drain", lambda *_: {"old-orders": "3 records"})
    error()
    assert deployed.done == [f"deploy {GUESTS}", f"deploy {GUESTS}"]
    deployed.done.clear()

    def deploy(_stack, targets):
        if deployed.key == "cut_over":
            raise CommandError("a role: no")
        deployed.deploy(*targets)

    monkeypatch.setattr("rapid.cli.local_changes.deploy", deploy)
    said = error()
    assert "not delivered: 3 records of old-orders" in said
    assert "what guests may do among it, could not be put back (a role: no)" in said
    assert deployed.key == "cut_over"


@pytest.mark.parametrize("is_mended", [True, False])
def test_what_a_deployment_changed_before_it_failed_is_put_back_without_guests_too(deployed, monkeypatch, is_mended):
    """Outputs say what the program says, also where what was to end has not."""
    said, all_resources = ["cut_over"], type(deployed).resources
    monkeypatch.setattr(type(deployed), "outputs", lambda _: outputs(said[0], **MORE))
    monkeypatch.setattr(
        type(deployed), "resources", lambda it: [one for one in all_resources(it) if "GuestSenders" not in one.urn]
    )

    def deploy(_stack, targets):
        assert not targets
        deployed.done.append(deployed.key)
        if is_mended or deployed.key == "decommissioned":
            said[0] = deployed.key
        if said == ["decommissioned"]:
            raise CommandError("a queue: no")

    monkeypatch.setattr("rapid.cli.local_changes.deploy", deploy)
    text = error()
    assert "the config key migration is cut_over again" in text
    assert deployed.done == ["flush", "decommissioned", "cut_over"]
    assert ("could not be put back (a queue: no); a deployment of the stack does it" in text) != is_mended


def test_where_nothing_was_deployed_nothing_is_put_back(deployed, monkeypatch):
    all_resources = type(deployed).resources
    monkeypatch.setattr(
        type(deployed), "resources", lambda it: [one for one in all_resources(it) if "GuestSenders" not in one.urn]
    )
    monkeypatch.setattr(streams, "drain", lambda *_: {"old-orders": "3 records"})
    assert "the config key migration is cut_over again" in error()
    assert deployed.done == []


def test_tables_of_a_source_that_the_stack_has_no_more_end_it(deployed, monkeypatch):
    glue = deployed.clients["glue"]
    gone = {"DatabaseName": "lake_old", "TableInput": {"Name": "gone_curated"}}
    glue.create_table(**gone)
    assert "lake_old.gone_curated is of no source of the stack" in error()
    assert (deployed.key, deployed.done) == ("cut_over", [])
    glue.delete_table(DatabaseName="lake_old", Name="gone_curated")
    decommission.run(force=True)
    glue.create_table(**gone)
    deployed.protect = False
    monkeypatch.setenv(keys.VARIABLE, "prod")
    assert "lake_old.gone_curated is of no source of the stack" in error()
    assert contents(deployed, "old-raw") == ["orders/1"]


def test_only_the_name_of_the_stack_is_taken_for_a_yes_to_the_deletion(deployed, monkeypatch):
    decommission.run(force=True)
    deployed.protect = False
    monkeypatch.setenv(keys.VARIABLE, "prod")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    assert "nothing was deleted" in error(force=False)
    assert contents(deployed, "old-raw") == ["orders/1"]
    monkeypatch.setattr("builtins.input", lambda _question: "prod")
    assert decommission.run(force=False) == 0
    assert contents(deployed, "old-raw") == []
