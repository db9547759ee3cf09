"""`rapid forget` while a stack moves: a customer is in neither lake afterwards, and no sync brings them back."""

from typer.testing import CliRunner, Result

from rapid.cli import job_run, s3_objects
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from tests.deployed.clouds import found_by_commands
from tests.deployed.evidence import rows
from tests.deployed.mishaps import envelope, put_on_the_stream, send
from tests.integration.test_forget import GONE, STAYS, holding, orders


def rapid(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    print(result.output)
    return result


def test_a_person_is_erased_from_both_lakes_for_good(moving_stack: LocalStack) -> None:
    with found_by_commands(moving_stack.endpoint_url):
        send(moving_stack, [*orders(GONE, 5), *orders(STAYS, 6)])
        put_on_the_stream(moving_stack, envelope("bad", {**orders(GONE, 1)[0], "price": -1}))
        moving_stack.flush()
        header = "event_id,timestamp,menuItem,quantity,price,customerId,restaurantId"
        lines = [f",2026-03-14T18:30:00Z,Soup,{quantity},9.5,{GONE},r1" for quantity in ("1", "none")]
        moving_stack.client("s3").put_object(
            Bucket=moving_stack.outputs["files_bucket"],
            Key="incoming/orders/the-file/all.csv",
            Body="\n".join([header, *lines]).encode(),
        )
        assert job_run.run_files(moving_stack, lambda _state: None).succeeded
        assert rapid("migrate", "sync").exit_code == 0
        # Not yet in any table of the streaming lake, and history of it is.
        send(moving_stack, orders(GONE, 2))
        moving_stack.flush()
        lakes = [moving_stack.outputs["migration"][it] for it in ("platform", "streaming")]
        held = holding(moving_stack, GONE)
        for lake in lakes:
            places = (
                lake["curated_bucket"],
                f"{lake['quarantine_bucket']}/orders",
                f"{lake['quarantine_bucket']}/files",
            )
            assert [place for place in places if not any(place in name for name in held)] == []
        assert rapid("forget", "orders", "--key", f"customerId={GONE}", "--force").exit_code == 0
        assert holding(moving_stack, GONE) == []
        assert rapid("migrate", "sync").exit_code == 0
        assert holding(moving_stack, GONE) == []
        assert len(holding(moving_stack, STAYS)) > 8
        # A sync brings the report that says so along.
        old, new = (
            [item.key for item in s3_objects.listing(moving_stack.client("s3"), lake["curated_bucket"], prefix)]
            for lake, prefix in zip(lakes, ("erasures/", "old-erasures/"), strict=True)
        )
        assert old
        assert new == [f"old-{key}" for key in old]
        for side in ("platform", "streaming"):
            database = moving_stack.outputs["migration"][side]["database"]
            of_who_stays = f"SELECT count(*) FROM {database}.orders WHERE customerid = '{STAYS}'"
            assert rows(moving_stack, of_who_stays) == [("6",)]
        looked = rapid("forget", "orders", "--key", f"customerId={GONE}", "--verify")
        assert looked.exit_code == 0
        assert "In the streaming lake:" in looked.output
