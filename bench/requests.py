"""How many requests a second does the local cloud answer, and how does that compare with MiniStack?

Both servers run at once, each a process of its own on the loopback interface. Each round measures every path on one and
then on the other, in turns, so that whatever else the machine does meets both. The figures are medians over the rounds.

    python -m bench.requests [rounds]
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rapid.cli import project, samples
from rapid.cli.send import ingest_url
from rapid.cli.target import LocalStack

from . import load, servers
from .table import Better, Figure, heading
from .workload import Workload

ROUNDS = 7
SECONDS = 2.0
WARM_UP_SECONDS = 0.5
GOAL_RATIO = 2.0
_UNLIMITED = "100000"
OURS, THEIRS = 0, 1


@dataclass(frozen=True)
class Peer:
    """A server with the workload deployed."""

    server: servers.Server
    workload: Workload

    def rate(self, wires: Sequence[str]) -> float:
        """Answers a second to 8 clients."""
        return load.run(self.server.url, wires, SECONDS).per_second

    def answers(self, wires: Sequence[str]) -> str:
        """The status that comes back, once the server has answered for a while."""
        statuses = load.run(self.server.url, wires, WARM_UP_SECONDS).statuses
        return max(statuses, key=lambda status: statuses[status])


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    start = Figure("start to first answer, s", Better.LESS)
    memory = Figure("idle resident memory, MB", Better.LESS)
    for number in range(rounds):
        for which in _turns(number):
            with (servers.local_cloud, servers.ministack)[which]() as server:
                start.add(which, server.start_seconds)
                memory.add(which, server.resident_mb())
    figures = [*_request_figures(rounds), start, memory]
    print(heading(servers.MINISTACK_PACKAGE, rounds))
    print("\n".join(str(figure) for figure in figures))
    return 0


def _request_figures(rounds: int) -> list[Figure]:
    mock = Figure("mock, requests/s", Better.MORE, GOAL_RATIO)
    function = Figure("POST to a function, requests/s", Better.MORE, GOAL_RATIO)
    ingest = Figure("POST to the product's ingest function, requests/s", Better.MORE)
    direct = Figure("POST straight to Firehose, requests/s", Better.MORE, GOAL_RATIO)
    put_record = Figure("firehose:PutRecord, requests/s", Better.MORE, GOAL_RATIO)
    invoke = Figure("warm lambda:Invoke, one client, ms", Better.LESS, GOAL_RATIO)
    with _peers() as peers, servers.deployed_stack() as stack:
        orders = _ingest_request(LocalStack(stack.url))
        load.run(stack.url, [orders], WARM_UP_SECONDS)
        refusals = {which: _warm_up(peer) for which, peer in enumerate(peers)}
        for number in range(rounds):
            for which in _turns(number):
                peer, requests = peers[which], peers[which].workload.requests()
                mock.add(which, peer.rate(requests.mock))
                function.add(which, peer.rate(requests.function))
                put_record.add(which, peer.rate(requests.put_record))
                if refusals[which]:
                    direct.note(which, refusals[which])
                else:
                    direct.add(which, peer.rate(requests.direct))
                alone = load.run(peer.server.url, requests.invoke, SECONDS, clients=1)
                assert alone.per_second
                invoke.add(which, alone.median_milliseconds)
            ingest.add(OURS, load.run(stack.url, [orders], SECONDS).per_second)
    return [mock, function, ingest, direct, put_record, invoke]


def _warm_up(peer: Peer) -> str:
    """Call everything once; what the path to Firehose answers if that is no success."""
    requests = peer.workload.requests()
    for wires in (requests.mock, requests.function, requests.put_record, requests.invoke):
        peer.answers(wires)
    status = peer.answers(requests.direct)
    return "" if status.startswith("2") else f"answers {status}"


@contextlib.contextmanager
def _peers() -> Iterator[tuple[Peer, Peer]]:
    with servers.local_cloud() as ours, servers.ministack() as theirs:
        yield (
            Peer(ours, Workload(ours.url).deploy(from_openapi=True)),
            Peer(theirs, Workload(theirs.url).deploy(from_openapi=False)),
        )


def _turns(number: int) -> tuple[int, int]:
    return (OURS, THEIRS) if number % 2 else (THEIRS, OURS)


def _ingest_request(stack: LocalStack) -> str:
    """A POST of one order to the deployed stack, whose throttle is lifted: it would be all that is measured."""
    contract = project.contract_of("orders")
    url = ingest_url(stack, contract)
    api_id, stage = urlsplit(url).path.split("/")[3:5]
    throttling = f"/{contract.path.replace('/', '~1')}/POST/throttling"
    patches = [
        {"op": "replace", "path": f"{throttling}/{name}", "value": _UNLIMITED} for name in ("rateLimit", "burstLimit")
    ]
    stack.client("apigateway").update_stage(restApiId=api_id, stageName=stage, patchOperations=patches)
    headers = {"x-api-key": stack.outputs["api_key"], "content-type": "application/json"}
    [order] = samples.events(contract, 1, seed=1)
    return load.request(stack.endpoint_url, "POST", urlsplit(url).path, headers, json.dumps(order).encode())


if __name__ == "__main__":
    raise SystemExit(main())
