"""Writes docs/local-cloud.md: what the local cloud does as AWS does, where AWS says so, and the test that holds it.

`python -m tests.local_cloud_page FILE` collects the tests, runs none, and writes the page into the file. A test is in
it by its closest `aws(service, feature, page)` marker; its name is the sentence. Fails if a marker cannot be shown.
"""

import contextlib
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
INTRODUCTION = ROOT / "tests" / "local_cloud_page.md"
TESTS = ("tests/unit/local", "tests/integration", "tests/promises")
# In the order of the page.
SERVICES = (
    "API Gateway",
    "AWS WAF",
    "Lambda",
    "Data Firehose",
    "Kinesis Data Streams",
    "SQS",
    "S3",
    "EventBridge",
    "EventBridge Scheduler",
    "Glue",
    "Athena",
    "QuickSight",
    "CloudFormation",
    "CloudWatch",
    "SNS",
    "Budgets",
    "Cost Explorer",
    "VPC",
    "EFS",
    "IAM",
    "Cognito",
    "CloudFront",
    "Pulumi deployer",
)
LIMITS = "Limits"
"""The feature that stands last in each service: limits that the tests cross on purpose."""


@dataclass(frozen=True)
class Behaviour:
    """What a test holds; a parametrised test is one."""

    service: str
    feature: str
    page: str
    """The address of the documentation that says so."""
    file: str
    test: str

    @property
    def sentence(self) -> str:
        """The test's name as a sentence."""
        return sentence(self.test.removeprefix("test_"))

    @property
    def place(self) -> tuple[int, bool, str, str]:
        """Sorts behaviours as the page has them; within a feature they stay as the tests stand."""
        return SERVICES.index(self.service), self.feature == LIMITS, self.feature.lower(), self.file


class _Collector:
    """A plugin of pytest that keeps the tests."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def are_all(items: Iterable[pytest.Item]) -> bool:
    """Whether a run that collected these has the tests of every file that the page is of."""
    files = {file for folder in TESTS for file in (ROOT / folder).rglob("test_*.py")}
    return files <= {item.path for item in items}


def behaviours_of(items: Iterable[pytest.Item]) -> list[Behaviour]:
    """What the markers of tests say. Raises ValueError for markers that are wrong."""
    found: dict[Behaviour, None] = {}
    wrong: dict[str, None] = {}
    for item in items:
        marker = item.get_closest_marker("aws")
        file = item.path.relative_to(ROOT).as_posix()
        if not marker or not file.startswith(TESTS):
            continue
        try:
            behaviour = Behaviour(
                *marker.args, file=file, test=getattr(item, "originalname", item.name), **marker.kwargs
            )
        except TypeError:
            wrong[f"{item.nodeid}: the marker is aws(service, feature, page)"] = None
            continue
        wrong |= dict.fromkeys(f"{item.nodeid}: {problem}" for problem in problems(behaviour))
        found[behaviour] = None
    if wrong:
        raise ValueError("\n".join(wrong))
    return list(found)


def problems(behaviour: Behaviour) -> Iterator[str]:
    """Why a behaviour cannot be shown."""
    if behaviour.service not in SERVICES:
        yield f"the service {behaviour.service!r} is not one of {', '.join(SERVICES)}"
    if not behaviour.feature:
        yield "the marker names no feature"
    address = urlsplit(behaviour.page)
    if address.scheme != "https" or not address.netloc or re.search(r"[\s|()]", behaviour.page):
        yield f"{behaviour.page!r} is not the https:// address of a documentation page"


def collect() -> list[Behaviour]:
    """The behaviours that the tests hold. Ends the process if a module cannot be imported.

    pytest imports all modules for it, so it is for a process that does nothing else.
    """
    collector, output = _Collector(), io.StringIO()
    with contextlib.redirect_stdout(output):
        status = pytest.main(["--collect-only", "-m", "", *(str(ROOT / path) for path in TESTS)], plugins=[collector])
    if status is not pytest.ExitCode.OK:
        sys.exit(output.getvalue())
    return behaviours_of(collector.items)


def sentence(name: str) -> str:
    """A name of a test, without `test_`, as a sentence."""
    words = re.sub(r"_s(?=_|$)", "'s", name).split("_")
    text = " ".join(_WORDS.get(word) or _possessive(word) for word in words)
    return text[:1].upper() + text[1:]


def _possessive(word: str) -> str:
    """`athenas` and `athena's` are Athena's; other words stay as they are."""
    owner = _WORDS.get(re.sub("'?s$", "", word))
    return f"{owner}'s" if owner and word != owner.lower() else word


def render(behaviours: Iterable[Behaviour]) -> str:
    """The page."""
    ordered = sorted(behaviours, key=lambda behaviour: behaviour.place)
    labels = _labels(behaviour.page for behaviour in ordered)
    lines = [INTRODUCTION.read_text(encoding="utf-8").rstrip(), "", *_contents(ordered), ""]
    for service, of_service in groupby(ordered, lambda behaviour: behaviour.service):
        lines += [f"## {service}", ""]
        for feature, rows in groupby(of_service, lambda behaviour: behaviour.feature):
            lines += [f"### {service}: {feature}", "", "| behaviour | AWS's page | test |", "|---|---|---|"]
            lines += [_row(behaviour, labels[behaviour.page]) for behaviour in rows]
            lines.append("")
    lines += [f"[{label}]: {page}" for page, label in labels.items()]
    return "\n".join(lines) + "\n"


def _contents(ordered: list[Behaviour]) -> Iterator[str]:
    """The services with links, and how much there is of each."""
    yield from ("| service | behaviours | of these, limits |", "|---|---:|---:|")
    for service, found in groupby(ordered, lambda behaviour: behaviour.service):
        of_service = list(found)
        limits = sum(behaviour.feature == LIMITS for behaviour in of_service)
        yield f"| [{service}](#{service.lower().replace(' ', '-')}) | {len(of_service)} | {limits or ''} |"


def _row(behaviour: Behaviour, label: str) -> str:
    name = Path(behaviour.file).name
    return f'| {behaviour.sentence} | [{label}] | [{name}](../{behaviour.file} "{behaviour.test}") |'


def _labels(pages: Iterable[str]) -> dict[str, str]:
    """For each page a name of its own: the last of its address, with the host unless it is AWS's documentation."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for page in pages:
        if page in labels:
            continue
        address = urlsplit(page)
        name = address.fragment or address.path.rstrip("/").rpartition("/")[2]
        name = unquote(name).removesuffix(".html").removeprefix("API_")
        label = name if address.netloc == "docs.aws.amazon.com" else f"{address.netloc}: {name}"
        same = 1
        while label.lower() in taken:
            same += 1
            label = f"{label.partition(' (')[0]} ({same})"
        taken.add(label.lower())
        labels[page] = label
    return labels


_NAMES = (
    "API ARN ARNs ASCII AWS Athena Base64 CLI CloudFormation CloudFront CloudWatch CORS CPU CSV DDL DLQ DuckDB ETag "
    "EventBridge Firehose Glue GZIP HTTP HTTPS Hive IAM ID IDs Iceberg INT96 IP JSON Java KMS KiB Kinesis Lambda MB "
    "MFA MIME MSCK MiB Moto NDJSON OpenAPI OpenX Parquet Pulumi PutRecord PutRecordBatch PyArrow PyIceberg Python "
    "QuickSight S3 SDK SDKs SHA256 SQL SQS STS SerDe SigV4 Spark TLS Trino URI URL UTC UTF8 UUID VTL Velocity X509 "
    "XML YAML"
)
_WORDS = {name.lower(): name for name in _NAMES.split()}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(collect()), encoding="utf-8")
