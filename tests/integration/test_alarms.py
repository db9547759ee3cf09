"""Alarms of the stack, each provoked by what it is about; its mail lies in the outbox."""

import time
from collections.abc import Callable, Iterator

import pytest

from rapid.cli.target import LocalStack
from tests.deployed import evidence, mishaps, orders
from tests.deployed.alarms import MAILBOX, Alarms, without_schedules
from tests.deployed.throttles import slowed_down

PAGE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"

pytestmark = pytest.mark.aws("CloudWatch", "Alarms", PAGE)

Provocation = Callable[[LocalStack, Alarms], None]


@pytest.fixture(scope="module")
def alarms(own_stack: LocalStack) -> Iterator[Alarms]:
    found = Alarms(own_stack)
    found.tell(MAILBOX)
    with without_schedules(own_stack):
        yield found


def the_door_is_broken(stack: LocalStack, _alarms: Alarms) -> None:
    with mishaps.environment(stack, "ingest", STREAMS="no JSON"):
        for _ in range(2):
            assert evidence.post(stack, "{}").status == 502
            stack.tick("+5m")


def a_function_fails(number: int) -> Provocation:
    def provoke(stack: LocalStack, alarms: Alarms) -> None:
        functions = alarms.watched("function-errors" if number == 1 else f"function-errors-{number}", "FunctionName")
        answer = stack.client("lambda").invoke(FunctionName=functions[0], Payload=b"null")
        assert answer["FunctionError"] == "Unhandled"

    return provoke


def no_stream_takes_events(stack: LocalStack, _alarms: Alarms) -> None:
    with mishaps.environment(stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        mishaps.send(stack, mishaps.some_orders(2))


def events_break_their_contract(stack: LocalStack, _alarms: Alarms) -> None:
    mishaps.put_on_the_stream(stack, b"".join(line for line, _ in orders.invalid_envelopes(12)))
    stack.flush()


def a_run_of_a_job_fails(stack: LocalStack, _alarms: Alarms) -> None:
    arguments = {"--source": "no-such-source"}
    stack.client("glue").start_job_run(JobName=stack.outputs["curate_job"], Arguments=arguments)


def no_run_for_a_day(stack: LocalStack, alarms: Alarms) -> None:
    # A run that others have begun may end, and be told of, when time has passed already.
    for _ in range(5):
        stack.tick("+28h")
        if alarms.state("curation-silent") == "ALARM":
            return
        time.sleep(2)


def requests_come_too_fast(stack: LocalStack, _alarms: Alarms) -> None:
    with slowed_down(stack, rate_per_second=1, burst=1):
        for _ in range(3):
            refused = 0
            while refused <= 50:
                refused += evidence.post(stack, "{}").status == 429
            stack.tick("+5m")


def a_stream_holds_an_event_for_an_hour(stack: LocalStack, _alarms: Alarms) -> None:
    mishaps.send(stack, mishaps.some_orders(1))
    stack.tick("+1h")
    stack.flush()


def a_stream_takes_no_more(stack: LocalStack, _alarms: Alarms) -> None:
    firehose, records = stack.client("firehose"), [{"Data": b" " * 1_000_000}] * 4
    for _ in range(2):
        refused = 0
        while not refused:
            answer = firehose.put_record_batch(DeliveryStreamName=stack.outputs["streams"]["orders"], Records=records)
            refused = answer["FailedPutCount"]
        stack.tick("+5m")


def rows_do_not_fit_the_table(stack: LocalStack, _alarms: Alarms) -> None:
    glue, place = stack.client("glue"), {"DatabaseName": stack.outputs["database"], "Name": "orders_processed"}
    table = glue.get_table(**place)["Table"]
    taken = {name: table[name] for name in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    columns = taken["StorageDescriptor"]["Columns"]
    other = [{**each, "Type": "timestamp"} if each["Name"] == "menuitem" else each for each in columns]
    described = {**taken["StorageDescriptor"], "Columns": other}
    glue.update_table(DatabaseName=place["DatabaseName"], TableInput={**taken, "StorageDescriptor": described})
    mishaps.send(stack, mishaps.some_orders(1))
    stack.flush()
    glue.update_table(DatabaseName=place["DatabaseName"], TableInput=taken)


def nothing_is_curated(stack: LocalStack, _alarms: Alarms) -> None:
    for _ in range(3):
        mishaps.send(stack, mishaps.some_orders(1))
        stack.flush()
        stack.tick("+2h")


PROVOKED: dict[str, Provocation] = {
    "api-errors": the_door_is_broken,
    "api-throttled": requests_come_too_fast,
    "curation-silent": no_run_for_a_day,
    "delivery-failed": rows_do_not_fit_the_table,
    "delivery-late": a_stream_holds_an_event_for_an_hour,
    "delivery-throttled": a_stream_takes_no_more,
    "dead-letters": no_stream_takes_events,
    "function-errors": a_function_fails(1),
    "function-errors-2": a_function_fails(2),
    "jobs-failed": a_run_of_a_job_fails,
    "quarantine-rate": events_break_their_contract,
    "tables-late": nothing_is_curated,
}


@pytest.mark.parametrize("kind", PROVOKED)
def test_an_alarm_that_is_provoked_rings_and_its_mail_says_what_to_do(
    own_stack: LocalStack, alarms: Alarms, kind: str
) -> None:
    PROVOKED[kind](own_stack, alarms)
    mail = alarms.rings(kind)
    assert "- Description:                " in mail.text
    assert "First: " in mail.text
    assert "docs/runbook.md#" in mail.text


def test_an_alarm_that_is_over_is_told_too(own_stack: LocalStack, alarms: Alarms) -> None:
    a_function_fails(1)(own_stack, alarms)
    alarms.rings("function-errors")
    assert "OK" in alarms.ends("function-errors").subject
