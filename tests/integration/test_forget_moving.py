"""`rapid forget` while a stack moves: a customer is in neither lake afterwards, and no sync brings them back."""

from typer.testing import CliRunner, Result

from rapid.cli.app import app
from rapid.cli.target import LocalStack
from tests.deployed.clouds import found_by_commands
from tests.deployed.evidence import rows
from tests.deployed.mishaps import send
from tests.integration.test_forget import GONE, STAYS, holding, orders


def rapid(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    print(result.output)
    return result


def test_a_person_is_erased_from_both_lakes_for_good(moving_stack: LocalStack) -> None:
    with found_by_commands(moving_stack.endpoint_url):
        send(moving_stack, [*orders(GONE, 5), *orders(STAYS, 6)])
        moving_stack.flush()
        assert rapid("migrate", "sync").exit_code == 0
        # Not yet in any table of the streaming lake, and history of it is.
        send(moving_stack, orders(GONE, 2))
        moving_stack.flush()
        lakes = [moving_stack.outputs["migration"][it]["curated_bucket"] for it in ("platform", "streaming")]
        held = holding(moving_stack, GONE)
        assert all(any(bucket in name for name in held) for bucket in lakes)
        assert rapid("forget", "orders", "--key", f"customerId={GONE}", "--force").exit_code == 0
        assert holding(moving_stack, GONE) == []
        assert rapid("migrate", "sync").exit_code == 0
        assert holding(moving_stack, GONE) == []
        assert len(holding(moving_stack, STAYS)) > 8
        for side in ("platform", "streaming"):
            database = moving_stack.outputs["migration"][side]["database"]
            of_who_stays = f"SELECT count(*) FROM {database}.orders WHERE customerid = '{STAYS}'"
            assert rows(moving_stack, of_who_stays) == [("6",)]
        looked = rapid("forget", "orders", "--key", f"customerId={GONE}", "--verify")
        assert looked.exit_code == 0
        assert "In the streaming lake:" in looked.output
