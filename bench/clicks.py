"""What does a click cost, and how long does it take, alone in a request and in an array?

Clicks of a menu page go to the direct path of the deployed stack, from 8 keep-alive clients in another process; its
throttle and web ACL are lifted, for they would be all that is measured. The dollars are AWS's list prices of what comes
with each request (rapid/cost/prices.yaml): API Gateway, AWS WAF, Firehose with its 5 KB a record and its conversion.

    python -m bench.clicks [rounds]
"""

import json
import statistics
import sys
from urllib.parse import urlsplit

from contracts import Contract
from rapid.cli import project, samples
from rapid.cli.send import ingest_url
from rapid.cli.target import LocalStack
from rapid.cost import assumptions as assumed
from rapid.cost import minimums
from rapid.cost.prices import GB, price_list

from . import load, servers
from .table import circumstances

ROUNDS, SECONDS, WARM_UP_SECONDS = 5, 2.0, 0.5
SIZES = (1, 10, 25, 100, 500)
_UNLIMITED = "100000"
_MILLION = 1_000_000


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    contract = project.contract_of("clickstream")
    with servers.deployed_stack() as server:
        stack = LocalStack(server.url)
        _lift_limits(stack, contract)
        wires = {size: _request(stack, contract, size) for size in SIZES}
        for wire in wires.values():
            load.run(server.url, [wire], WARM_UP_SECONDS)
        found: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(rounds):
            for size, wire in wires.items():
                found[size].append(load.run(server.url, [wire], SECONDS).per_second * size)
    rates = {size: statistics.median(values) for size, values in found.items()}
    event_bytes = len(_body(contract, 100)) / 100
    alone = _dollars(1, event_bytes, requests=2)
    print(f"{circumstances(f'clicks of {event_bytes:.0f} bytes', rounds)}\n")
    print("| clicks a request | clicks a second | µs each | ratio | dollars a million | times cheaper |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(f"| 1, after a preflight | | | | {alone:.2f} | 1.0 |")
    for size, rate in rates.items():
        dollars = _dollars(size, event_bytes)
        figures = f"{rate:,.0f} | {_MILLION / rate:.0f} | {rate / rates[1]:.1f} | {dollars:.2f} | {alone / dollars:.1f}"
        print(f"| {size} | {figures} |")
    return 0


def _lift_limits(stack: LocalStack, contract: Contract) -> None:
    api_id, stage = urlsplit(ingest_url(stack, contract)).path.split("/")[3:5]
    throttling = f"/{contract.path.replace('/', '~1')}/POST/throttling"
    patches = [
        {"op": "replace", "path": f"{throttling}/{name}", "value": _UNLIMITED} for name in ("rateLimit", "burstLimit")
    ]
    stack.client("apigateway").update_stage(restApiId=api_id, stageName=stage, patchOperations=patches)
    arn = f"arn:aws:apigateway:{stack.region}::/restapis/{api_id}/stages/{stage}"
    stack.client("wafv2").disassociate_web_acl(ResourceArn=arn)


def _body(contract: Contract, size: int) -> bytes:
    clicks = list(samples.events(contract, size, seed=1))
    return json.dumps(clicks if size > 1 else clicks[0], separators=(",", ":")).encode()


def _request(stack: LocalStack, contract: Contract, size: int) -> str:
    path = urlsplit(ingest_url(stack, contract)).path
    return load.request(stack.endpoint_url, "POST", path, {"content-type": "text/plain"}, _body(contract, size))


def _dollars(size: int, event_bytes: float, requests: int = 1) -> float:
    """Of a million clicks that come so many a record, each record with so many requests."""
    prices, records = price_list(), _MILLION / size
    line_bytes = round(event_bytes) + assumed.DIRECT_ENVELOPE_BYTES
    billed_gb = records * minimums.firehose_bytes(size * line_bytes) / GB
    return (
        prices["api_gateway_requests"].cost(records * requests)
        + prices["waf_requests"].cost(records * requests)
        + prices["firehose_ingested"].cost(billed_gb)
        + prices["firehose_converted"].cost(billed_gb)
    )


if __name__ == "__main__":
    raise SystemExit(main())
