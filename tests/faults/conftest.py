"""A local cloud with an empty lake in it, for jobs that are run as processes and killed."""

from collections.abc import Iterator

import pytest

from rapid.local import LocalCloud
from tests.unit.etl.lake import Source


@pytest.fixture
def orders(tmp_path, monkeypatch) -> Iterator[Source]:
    """The orders of a test; the job's processes find the cloud by the environment."""
    with LocalCloud(0) as cloud:
        for name, value in {
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_REGION": cloud.clients.region,
            "AWS_DEFAULT_REGION": cloud.clients.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }.items():
            monkeypatch.setenv(name, value)
        yield Source(tmp_path)
