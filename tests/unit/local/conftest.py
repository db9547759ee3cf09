"""Fixtures of the tests that talk to a local cloud as its users do: over HTTP and with boto3."""

import time
from collections.abc import Iterator

import pytest

from rapid.local.cloud import LocalCloud

from .alarm_rig import ADDRESS, fetch, link, mails
from .athena_rig import AthenaRig
from .cloud_rig import Rig


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A local cloud on a free port, for the tests of one file."""
    with LocalCloud(0) as cloud:
        yield Rig(cloud)


@pytest.fixture(scope="module")
def athena_server() -> Iterator[AthenaRig]:
    """Athena, Glue and S3 without a socket, for the tests of one file."""
    athena = AthenaRig()
    yield athena
    athena.close()


@pytest.fixture
def athena(athena_server: AthenaRig) -> AthenaRig:
    """The same, with nothing in it."""
    athena_server.reset()
    return athena_server


@pytest.fixture
def held(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Time goes on by ticks alone, and no alarm stays."""
    rig.cloud.hold_schedules()
    now = time.time()
    monkeypatch.setattr(rig.cloud._events.clock, "_now", lambda: now)
    yield
    cloudwatch = rig.aws("cloudwatch")
    names = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]]
    if names:
        cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def topic(rig: Rig) -> str:
    """A topic with one mailbox, which has confirmed."""
    arn = str(rig.aws("sns").create_topic(Name=rig.name("alarms"))["TopicArn"])
    rig.aws("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS)
    assert fetch(link(mails(rig)[0])).status == 200
    return arn


@pytest.fixture
def metric(rig: Rig) -> str:
    """The name of a metric that nobody has told yet."""
    return rig.name("Orders")
