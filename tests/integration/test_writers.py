"""Who writes where is looked up in what is deployed: the function's environment, what the API's stage serves."""

from contracts import Delivery
from rapid.cli import project
from rapid.cli.migrate import writers
from rapid.cli.migrate.writers import Service, Writer
from rapid.cli.target import LocalStack
from rapid.cli.teardown.state import LocalState


def test_every_source_that_is_sent_as_events_has_a_writer(stack: LocalStack) -> None:
    found = writers.of(stack, LocalState(stack).resources())
    served = [it for it in project.all_contracts() if it.source in stack.outputs["paths"]]
    assert found == [
        Writer(
            contract.source,
            f"path {contract.path}" if contract.delivery is Delivery.DIRECT else "ingest function",
            Service.FIREHOSE,
        )
        for contract in sorted(served, key=lambda contract: contract.source)
    ]
    assert {writer.door for writer in found} > {"ingest function", "path /poc"}
