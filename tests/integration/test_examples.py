"""Each main component alone, in the programs of examples/: stacks, of which each takes what another exports."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from rapid.cli import athena
from rapid.cli.target import LocalStack
from tests.deployed import pages, project_folder
from tests.deployed.clouds import ROOT, own_cloud

EXAMPLES = ("lakehouse", "delivery_pipeline", "ingest_api", "dashboards", "storefront", "migration")
VISIT = {"visit_id": "v-1", "visited_at": "2026-03-14T18:30:00Z", "page": "/menu", "seconds": 42}


class Examples:
    """The programs, each deployed as the stack of its name onto one local cloud when it is asked for."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._stacks: dict[str, LocalStack] = {}

    @property
    def lakehouse(self) -> LocalStack:
        """Where visits are kept."""
        return self._deployed("lakehouse")

    @property
    def delivery_pipeline(self) -> LocalStack:
        """A stream into the lakehouse."""
        return self._deployed("delivery_pipeline", lakehouse=self.lakehouse.outputs["lakehouse"])

    @property
    def ingest_api(self) -> LocalStack:
        """An endpoint in front of the stream."""
        return self._deployed("ingest_api", stream_arn=self.delivery_pipeline.outputs["stream_arn"])

    @property
    def dashboards(self) -> LocalStack:
        """A dashboard over the lakehouse."""
        return self._deployed("dashboards", lakehouse=self.lakehouse.outputs["lakehouse"])

    @property
    def storefront(self) -> LocalStack:
        """Pages that send onto the stream, whatever the stream is for."""
        stream = self.delivery_pipeline.outputs["stream_arn"]
        streams = {"feedback": stream, "clickstream": stream}
        return self._deployed("storefront", identity_pool_id="us-east-1:1b9c5e7a", stream_arns=streams)

    def _deployed(self, name: str, **config: Any) -> LocalStack:
        if name not in self._stacks:
            folder = self._folder / name
            settings = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())
            settings["config"] |= {f"{name.replace('_', '-')}:{key}": value for key, value in config.items()}
            (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(settings))
            project_folder.deploy(folder, self._url, name)
            self._stacks[name] = LocalStack(self._url, name)
        return self._stacks[name]

    def visits(self) -> list[tuple[str | None, ...]]:
        """What SQL finds, after the streams' buffers were delivered."""
        self.lakehouse.flush()
        return athena.run(self.lakehouse, "SELECT visit_id, page, seconds FROM visits_processed ORDER BY 1").rows


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    folder = tmp_path_factory.mktemp("program") / "examples"
    shutil.copytree(ROOT / "examples", folder)
    with own_cloud() as url:
        yield Examples(url, folder)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_program_has_ten_lines_and_one_component(example: str) -> None:
    text = (ROOT / "examples" / example / "__main__.py").read_text()
    body = [line for line in text.split('"""', 2)[2].splitlines() if line and not re.match(r"import |from ", line)]
    assert len(body) <= 10
    imported = re.findall(r"^from components import (.*)$", text, re.MULTILINE)
    assert len([name for name in ", ".join(imported).split(", ") if name != "read_contracts"]) == 1


def test_a_lakehouse_alone_answers_queries(examples: Examples) -> None:
    assert athena.run(examples.lakehouse, "SELECT count(*) AS visits FROM visits_raw").rows == [("0",)]


def test_what_is_put_onto_the_stream_of_a_pipeline_alone_is_a_row_in_the_lakehouse(examples: Examples) -> None:
    stack = examples.delivery_pipeline
    stream = stack.outputs["stream_arn"].rpartition("/")[2]
    envelope = {"id": "e-1", "receivedAt": "2026-03-14T18:30:01.000Z", "body": VISIT}
    stack.client("firehose").put_record(
        DeliveryStreamName=stream, Record={"Data": json.dumps(envelope).encode() + b"\n"}
    )
    assert ("v-1", "/menu", "42") in examples.visits()


def test_an_event_posted_to_an_api_alone_is_found(examples: Examples) -> None:
    outputs = examples.ingest_api.outputs
    answer = urllib3.request(
        "POST",
        f"{outputs['ingest_url']}{outputs['paths']['visits']}",
        headers={"x-api-key": outputs["api_key"]},
        json=[{**VISIT, "visit_id": "v-2"}, {**VISIT, "visit_id": "v-3", "seconds": -1}],
    )
    assert answer.status == 202, answer.data
    assert [error["field"] for error in answer.json()["errors"]] == ["seconds"]
    assert ("v-2", "/menu", "42") in examples.visits()


def test_a_dashboard_alone_is_there_and_asks_the_lakehouse(examples: Examples) -> None:
    quicksight = examples.dashboards.client("quicksight")
    account = examples.lakehouse.outputs["lakehouse"]["database"].split(":")[4]
    shown = quicksight.describe_dashboard(AwsAccountId=account, DashboardId="dashboards-dashboards-visits")
    assert shown["Dashboard"]["Name"] == "Visits"


def test_a_storefront_alone_answers_guests_and_says_where_to_send(examples: Examples) -> None:
    page = pages.get(f"{examples.storefront.outputs['storefront_url']}/de?store=store1&table=table4")
    assert page.status == 200
    stream = examples.delivery_pipeline.outputs["stream_arn"].rpartition("/")[2]
    way = {"identityPoolId": "us-east-1:1b9c5e7a", "stream": stream}
    assert pages.settings_of(page)["send"] == {"feedback": way, "clickstream": way}


def test_one_part_of_the_platform_is_deployed_alone_by_a_target(tmp_path: Path) -> None:
    with own_cloud() as url:
        project_folder.copy(tmp_path, {"orders"}, dashboards="none")
        project_folder.deploy(tmp_path, url, "dev", "--target", "lakehouse")
        stack = LocalStack(url)
        tables = stack.client("glue").get_tables(DatabaseName="rapid_analytics_dev")["TableList"]
        assert {"orders_raw", "orders_processed", "orders_now"} <= {table["Name"] for table in tables}
        assert stack.client("lambda").list_functions()["Functions"] == []
