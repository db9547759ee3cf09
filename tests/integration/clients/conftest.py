"""Real clients from an environment of their own, pointed at the stack's local cloud by AWS_ENDPOINT_URL alone."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rapid.cli import samples
from rapid.cli.credentials import ApiKey
from rapid.cli.ingest_client import IngestClient
from rapid.cli.send import ingest_url
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate, number
from tests.deployed.orders import CONTRACT

HERE = Path(__file__).parent
CLIENTS = Path(__file__).parents[3] / ".venv" / "clients" / "bin"
RESTAURANT = "rest789"
"""No other test's orders are of this restaurant."""
_REGION = "us-east-1"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_REGIONS = {"AWS_REGION": _REGION, "AWS_DEFAULT_REGION": _REGION}
# What a machine's own settings would add.
_NO_SETTINGS = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
_TIMEOUT_SECONDS = 600

Row = dict[str, Any]
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def orders() -> list[dict[str, Any]]:
    """The orders of all clients' tests; made once, for their times are of today."""
    made = [{**order, "restaurantId": RESTAURANT} for order in samples.events(CONTRACT, 40, seed=5)]
    made[0]["menuItem"] = 'Crème "brûlée", 5% off'
    return made


@pytest.fixture(scope="module")
def sent(shared_stack: LocalStack, orders: list[dict[str, Any]]) -> list[Row]:
    """The orders, sent, delivered and curated, as their rows must come back: times and prices as text.

    They are sent where the stack has none: another client's tests may have sent them, and others may empty it.
    """
    curate(shared_stack, "orders")
    if number(shared_stack, f"SELECT count(*) FROM orders WHERE restaurantid = '{RESTAURANT}'") == 0:
        client = IngestClient(ingest_url(shared_stack, CONTRACT), ApiKey(shared_stack.outputs["api_key"]))
        assert client.send(orders).accepted == len(orders)
        client.close()
        curate(shared_stack, "orders")
    return sorted((_row(order) for order in orders), key=lambda row: row["event_id"])


def _row(order: dict[str, Any]) -> Row:
    return {
        "event_id": order["event_id"],
        "timestamp": str(datetime.fromisoformat(order["timestamp"]).replace(tzinfo=None)),
        "menuitem": order["menuItem"],
        "quantity": order["quantity"],
        "price": f"{order['price']:.2f}",
    }


@pytest.fixture(scope="module")
def run(shared_stack: LocalStack, sent: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a client's script, which knows the stack by environment variables, and gives what it printed as JSON."""
    if not CLIENTS.exists():
        pytest.fail(f"{CLIENTS} is not there: `make test` installs the clients")
    bucket = "clients-" + os.urandom(4).hex()
    shared_stack.client("s3").create_bucket(Bucket=bucket)
    outputs = shared_stack.outputs
    names = {
        "BUCKET": bucket,
        "DATABASE": outputs["database"],
        "DEAD_LETTER_QUEUE_URL": outputs["dead_letter_queue_url"],
        "JOB": outputs["curate_job"],
        "PROCESSED_BUCKET": outputs["processed_bucket"],
        "STREAM": outputs["streams"]["orders"],
        "WORKGROUP": outputs["workgroup"],
    }
    environment = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": f"{CLIENTS}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": shared_stack.endpoint_url,
        **_CREDENTIALS,
        **_REGIONS,
        **_NO_SETTINGS,
        **names,
    }

    def run_script(script: str) -> dict[str, Any]:
        interpreter = "bash" if script.endswith(".sh") else str(CLIENTS / "python")
        done = subprocess.run(
            [interpreter, HERE / script],
            cwd=tmp_path_factory.mktemp("scripts"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return run_script
