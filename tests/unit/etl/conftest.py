"""An account that lives in this process, with the orders or the files of a test in it."""

import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from tests.unit.etl.lake import Source, use_account
from tests.unit.etl.landing import Landing


@pytest.fixture(scope="session")
def account():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    server.stop()


@pytest.fixture
def own_account(account, monkeypatch):
    use_account(account, "us-east-1", monkeypatch)
    moto_api_backend.reset()


@pytest.fixture
def orders(own_account, tmp_path):
    return Source(tmp_path)


@pytest.fixture
def landing(own_account):
    return Landing()
