"""Times in answers, as clients read them."""

import datetime

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from rapid import answer_times
from rapid.cli.target import AwsStack

from .cloud_rig import REGION, Rig


@given(st.datetimes(timezones=st.just(datetime.UTC)), st.sampled_from(["seconds", "milliseconds", "microseconds"]))
def test_a_time_is_read_as_botocore_reads_it(moment: datetime.datetime, precision: str) -> None:
    text = f"{moment.replace(tzinfo=None).isoformat(timespec=precision)}Z"
    assert answer_times.read(text) == parse_timestamp(text)


@pytest.mark.parametrize(
    "value",
    ["Sat, 28 Nov 2026 18:50:57 GMT", "2026-11-28T18:50:57+01:00", "20261128T185057Z", "1795891857", 1795891857.5],
)
def test_what_is_written_otherwise_is_read_too(value: str | float) -> None:
    assert answer_times.read(value) == parse_timestamp(value)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-99-99Z"):
        answer_times.read("2026-99-99Z")


@pytest.mark.parametrize("of", ["the local cloud", "AWS"])
def test_clients_read_listings_so(rig: Rig, monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    rig.aws("s3").create_bucket(Bucket="times")
    rig.aws("s3").put_object(Bucket="times", Key="a", Body=b"")
    monkeypatch.setenv("AWS_ENDPOINT_URL", rig.cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = rig.aws("s3") if of == "the local cloud" else AwsStack(region_found=REGION).client("s3")
    [listed] = client.list_objects_v2(Bucket="times")["Contents"]
    # Which botocore's own way has not.
    assert listed["LastModified"].tzinfo is datetime.UTC
    rig.aws("s3").delete_object(Bucket="times", Key="a")
    rig.aws("s3").delete_bucket(Bucket="times")
