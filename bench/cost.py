"""Does a load use what `rapid estimate` says? The model of rapid/cost beside what the local cloud counts.

Rounds of events go to every source that has a path; after each they are delivered, the job is started by its schedule,
as it is in the stack, and queries are asked. The model is given how often that happened, and says what it uses.

    python -m bench.cost [rounds] [events a source and round]
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

from rapid.cli import athena, project, samples
from rapid.cli.deployment import Deployer
from rapid.cli.send import send_count
from rapid.cli.target import LocalStack
from rapid.cost import assumptions as assumed
from rapid.cost import model, program
from rapid.cost.model import Happenings, Traffic
from rapid.cost.prices import GB, TB
from rapid.cost.stack import describe
from rapid.local import LocalCloud
from rapid.local.billing.meter import METER, Usage

from . import table

ROUNDS, EVENTS, BATCH, QUERIES = 4, 500, 25, 3
_STACK = "dev"
_ZONES = ("raw", "processed", "curated")
_SHOWN = {
    "api_gateway_requests": ("requests to the API", 1),
    "firehose_ingested": ("KB that Firehose bills", GB / 1024),
    "lambda_requests": ("invocations", 1),
    "s3_writes": ("requests to S3 that write or list", 1),
    "s3_reads": ("requests to S3 that read", 1),
    "eventbridge_events": ("events of S3", 1),
    "glue_dpu_hours": ("DPU-minutes", 60),
    "glue_catalog_requests": ("requests to the catalog", 1),
    "athena_scanned": ("MB that Athena bills", TB / 1024**2),
    "logs_ingested": ("KB of log lines, without the job's", GB / 1024),
    "data_transfer_out": ("KB of answers", GB / 1024),
}
"""Prices with what is counted, and how many of it are in a unit of the price."""


def main() -> int:
    """Run it and print both tables."""
    rounds, events = ([int(word) for word in sys.argv[1:]] + [ROUNDS, EVENTS][len(sys.argv) - 1 :])[:2]
    resources = program.record(project.ROOT, _STACK)
    sources = describe(project.all_contracts(), resources)
    with LocalCloud(0) as cloud:
        cloud.hold_schedules()
        os.environ |= {"AWS_ENDPOINT_URL": cloud.url, "PULUMI_STACK": _STACK}
        stack = LocalStack(cloud.url, _STACK)
        Deployer(_STACK, cloud.url).wait(lambda _resource: None)
        names = [source.name for source in sources.sources]
        # The first run makes the tables.
        _load(stack, names, 1, BATCH)
        cloud.ship_logs()
        before = {zone: _stored_bytes(stack, zone) for zone in _ZONES}
        METER.reset()
        found = _load(stack, names, rounds, events)
        cloud.ship_logs()
        used = list(METER)
        zones = {zone: _stored_bytes(stack, zone) - before[zone] for zone in _ZONES}
    direct = {source.name: source.is_direct for source in sources.sources}
    happened = Happenings(
        traffic=tuple(
            Traffic(
                is_direct=direct[name],
                events=rounds * events,
                event_bytes=found[name],
                batch=BATCH,
                transforms=_invocations(used, f"{name}-transform"),
                objects=rounds,
            )
            for name in direct
        ),
        runs=_runs(used),
        nights=0,
        commits=rounds * len(direct),
        queries=rounds * QUERIES,
        query_bytes=0,
    )
    _print(happened, model.usage(sources, happened), used, zones)
    return 0


def _load(stack: LocalStack, sources: list[str], rounds: int, events: int) -> dict[str, float]:
    """Do it; the mean length of an event of each source."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for _ in range(rounds):
        for name in sources:
            contract = project.contract_of(name)
            send_count(name, events, BATCH)
            sent = samples.events(contract, 50, seed=1)
            lengths[name] += [len(json.dumps(event, separators=(",", ":"))) for event in sent]
        stack.flush()
        _curate(stack)
        for number in range(QUERIES):
            athena.run(stack, f"SELECT count(*) FROM {sources[number % len(sources)]}")
    return {name: sum(found) / len(found) for name, found in lengths.items()}


def _curate(stack: LocalStack) -> None:
    """Let the schedule start the job, and wait for its end."""
    glue, job = stack.client("glue"), stack.outputs["curate_job"]
    before = len(glue.get_job_runs(JobName=job)["JobRuns"])
    while len(glue.get_job_runs(JobName=job)["JobRuns"]) == before:
        stack.tick("+6m")
        time.sleep(0.5)
    while any(run["JobRunState"] in ("STARTING", "RUNNING") for run in glue.get_job_runs(JobName=job)["JobRuns"]):
        time.sleep(0.2)


def _stored_bytes(stack: LocalStack, zone: str) -> int:
    """Bytes of events in a zone; of the curated one without what tables are kept with."""
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.outputs[f"{zone}_bucket"])
    found = [item for page in pages for item in page.get("Contents", ())]
    return sum(item["Size"] for item in found if zone != "curated" or item["Key"].endswith(".parquet"))


def _invocations(used: list[Usage], name: str) -> float:
    return sum(it.quantity for it in used if it.price_id == "lambda_requests" and it.resource.name.startswith(name))


def _runs(used: list[Usage]) -> float:
    """Each run is of a minute, for none here takes longer."""
    return round(sum(it.quantity for it in used if it.price_id == "glue_dpu_hours") * 60 / model.MIN_WORKERS)


def _log_bytes(used: list[Usage], part: str) -> float:
    return sum(it.quantity for it in used if it.price_id == "logs_ingested" and part in it.resource.name) * GB


def _print(happened: Happenings, said: dict[str, float], used: list[Usage], zones: dict[str, int]) -> None:
    counted: dict[str, float] = defaultdict(float)
    for it in used:
        counted[it.price_id] += it.quantity
    counted["logs_ingested"] -= _log_bytes(used, "aws-glue") / GB
    said["logs_ingested"] -= happened.runs * assumed.RUN_LOG_BYTES / GB
    sources = len(happened.traffic)
    print(f"\n{happened.events:,.0f} events of {sources} sources, {happened.runs:.0f} runs, {table.machine()}\n")
    print("| figure | model | local cloud | ratio |")
    print("|---|---:|---:|---:|")
    for price_id, (what, units) in _SHOWN.items():
        expected, measured = said[price_id] * units, counted[price_id] * units
        print(f"| {what} | {expected:,.1f} | {measured:,.1f} | {expected / measured:.2f} |")
    for name, expected, measured in _kept(happened, zones):
        print(f"| {name} | {expected:,.1f} | {measured:,.1f} | {expected / measured:.2f} |")
    print("\n| assumption | in the model | measured |")
    print("|---|---:|---:|")
    for name, measured in _assumptions(happened, used, counted, zones):
        print(f"| {name} | {getattr(assumed, name, 0):,} | {measured:,.3g} |")


def _kept(happened: Happenings, zones: dict[str, int]) -> Iterator[tuple[str, float, float]]:
    event_bytes = sum(source.events * source.event_bytes for source in happened.traffic)
    shares = {
        "raw": (assumed.RAW_SHARE, assumed.RAW_OBJECT_BYTES),
        "processed": (assumed.PROCESSED_SHARE, assumed.PROCESSED_OBJECT_BYTES),
    }
    for zone, (share, object_bytes) in shares.items():
        expected = event_bytes * share + happened.objects * object_bytes
        yield f"KB in the {zone} zone", expected / 1024, zones[zone] / 1024


def _assumptions(
    happened: Happenings, used: list[Usage], counted: dict[str, float], zones: dict[str, int]
) -> Iterator[tuple[str, float]]:
    requests = sum(source.requests for source in happened.traffic)
    ingested = sum(source.requests for source in happened.traffic if not source.is_direct)
    transforms = sum(source.transforms for source in happened.traffic)
    event_bytes = sum(source.events * source.event_bytes for source in happened.traffic)
    yield "ACCESS_LOG_BYTES", _log_bytes(used, "access-logs") / requests
    yield "INGEST_LOG_BYTES", _log_bytes(used, "ingest-handler") / ingested
    yield "TRANSFORM_LOG_BYTES", _log_bytes(used, "-transform") / transforms
    yield "STARTER_LOG_BYTES", _log_bytes(used, "starter") / max(1.0, _invocations(used, "curation-starter"))
    yield "RUN_LOG_BYTES", _log_bytes(used, "aws-glue") / happened.runs
    others = 2 * happened.objects + happened.runs * assumed.RUN_WRITES + happened.queries * assumed.QUERY_WRITES
    yield "COMMIT_WRITES", (counted["s3_writes"] - others) / happened.commits
    others = happened.objects * assumed.OBJECT_READS + happened.runs * assumed.RUN_READS
    yield "COMMIT_READS", (counted["s3_reads"] - others - happened.queries * assumed.QUERY_READS) / happened.commits
    yield "RESPONSE_BYTES", counted["data_transfer_out"] * GB / requests
    yield "RAW_SHARE", zones["raw"] / event_bytes
    yield "PROCESSED_SHARE", zones["processed"] / event_bytes
    yield "CURATED_SHARE", zones["curated"] / event_bytes
    yield "event_bytes", event_bytes / happened.events


if __name__ == "__main__":
    raise SystemExit(main())
