import datetime
import json
import os
import time
from types import SimpleNamespace

import pytest

NOW = time.time()
NOW_MS = int(NOW * 1000)
TODAY = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
GROUP = "/aws-glue/shop-curation/output"
DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "analytics"
    folder.mkdir()
    return folder


@pytest.fixture
def cloud(aws):
    aws.client("s3").create_bucket(Bucket="curated")
    aws.client("logs").create_log_group(logGroupName=GROUP)
    return aws


@pytest.fixture
def copies(cloud, package, shared, monkeypatch):
    reports = [{"bucket": "curated", "prefixes": ["reports/orders/"]}]
    loaded = package(
        "report_copies",
        DIRECTORY=str(shared),
        KEEP_DAYS="7",
        REPORTS=json.dumps(reports),
        LOG_GROUPS=json.dumps([GROUP]),
    )
    # A day may end while the tests run.
    monkeypatch.setattr(loaded.handler, "time", SimpleNamespace(time=lambda: NOW))
    return loaded.handler


def put_report(cloud, moment=TODAY, name="12-00-00-a.json", text="{}"):
    key = f"reports/orders/{moment:%Y/%m/%d}/{name}"
    cloud.client("s3").put_object(Bucket="curated", Key=key, Body=text)
    return key


def print_line(cloud, text, stream="jr_1", at_ms=NOW_MS):
    logs = cloud.client("logs")
    if not logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[{"timestamp": at_ms, "message": text}])


def files(shared):
    return {str(file.relative_to(shared)): file.read_text() for file in shared.rglob("*") if file.is_file()}


def test_reports_and_logs_of_the_last_two_days_are_copied_once(cloud, copies, shared):
    yesterday = put_report(cloud, TODAY - datetime.timedelta(days=1))
    key = put_report(cloud, text='{"rows": 1}')
    put_report(cloud, TODAY - datetime.timedelta(days=2))
    print_line(cloud, "one\n")
    assert copies.handler({}, None) == {"reports": 2, "logs": 1, "deleted": 0}
    log = f"logs{GROUP}/jr_1.log"
    assert files(shared) == {yesterday: "{}", key: '{"rows": 1}', log: "one\n"}
    assert copies.handler({}, None) == {"reports": 0, "logs": 0, "deleted": 0}


def test_more_days_are_copied_when_asked_for(cloud, copies):
    put_report(cloud, TODAY - datetime.timedelta(days=5))
    assert copies.handler({}, None)["reports"] == 0
    assert copies.handler({"days": 6}, None)["reports"] == 1


def test_a_log_that_gained_lines_is_copied_anew_and_whole(cloud, copies, shared):
    print_line(cloud, "one")
    copies.handler({}, None)
    print_line(cloud, "two", at_ms=NOW_MS + 1000)
    assert copies.handler({}, None)["logs"] == 1
    assert files(shared)[f"logs{GROUP}/jr_1.log"] == "one\ntwo\n"


def test_what_is_older_than_logs_are_kept_is_deleted_with_folders_that_are_empty_then(cloud, copies, shared):
    old = put_report(cloud, TODAY - datetime.timedelta(days=1))
    copies.handler({}, None)
    long_ago = time.time() - 8 * DAY_SECONDS
    (shared / ".ended.partial").write_text("half")
    for file in (shared / old, shared / ".ended.partial"):
        os.utime(file, (long_ago, long_ago))
    cloud.client("s3").delete_object(Bucket="curated", Key=old)
    assert copies.handler({}, None) == {"reports": 0, "logs": 0, "deleted": 2}
    assert copies.handler({}, None)["deleted"] == 0
    assert not list(shared.rglob("*.json"))
    assert not any(folder.is_dir() and not any(folder.iterdir()) for folder in shared.rglob("*"))


def test_a_copy_that_fails_leaves_nothing(cloud, copies, shared, monkeypatch):
    put_report(cloud)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        copies.handler({}, None)
    assert files(shared) == {}
    monkeypatch.undo()
    assert copies.handler({}, None)["reports"] == 1


def test_a_name_that_leads_out_of_the_directory_is_refused(cloud, copies, shared):
    put_report(cloud, name="../../../../../../outside.json")
    with pytest.raises(ValueError, match="is not a name of a file below"):
        copies.handler({}, None)
    assert files(shared) == {}
