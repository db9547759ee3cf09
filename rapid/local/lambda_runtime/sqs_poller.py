"""Polls one queue for one function, with the function's role.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..clients import ACCOUNT_ID, Clients
from ..moto import services as moto_services
from ..service_error import ServiceError
from . import sqs_event
from .definition import FunctionDefinition, Reference, parse_reference
from .event_source_mapping import EventSourceMapping
from .pool import MAX_ENVIRONMENTS
from .runner import Outcome
from .sqs_event import Message

_log = logging.getLogger(__name__)

MAX_BATCH_BYTES = 6_291_456
"""A batch is complete when it would not fit into an invocation's payload with one message more."""
_MESSAGES_AT_ONCE = 10
# A message whose visibility timeout ends wakes nobody.
_LOOK_AGAIN_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_THROTTLED = 429


class SqsPoller:
    """Collects batches on one thread; each batch is processed on a thread of its own."""

    def __init__(
        self,
        clients: Clients,
        mapping: EventSourceMapping,
        definition: Callable[[Reference], FunctionDefinition],
        run: Callable[[FunctionDefinition, bytes], Outcome],
    ) -> None:
        self.mapping = mapping
        self._clients = clients
        self._function = parse_reference(mapping.function_arn)
        self._definition = definition
        self._run = run
        self._queue_url = f"{clients.endpoint_url}/{ACCOUNT_ID}/{mapping.queue_name}"
        self._slots = threading.Semaphore(min(mapping.max_concurrency or MAX_ENVIRONMENTS, MAX_ENVIRONMENTS))
        self._received: list[Message] = []
        self._result = "No records processed"
        self._stopped = threading.Event()

    def start(self) -> None:
        """Poll from now on."""
        threading.Thread(target=self._poll, name=f"sqs-poller-{self.mapping.queue_name}", daemon=True).start()

    def stop(self) -> None:
        """Receive nothing more; batches that were received are still processed."""
        self._stopped.set()
        moto_services.wake_receivers(self._clients.region, self.mapping.queue_name)

    def answer(self) -> dict[str, Any]:
        """The mapping, and how its last batch went."""
        return {**self.mapping.answer(), "LastProcessingResult": self._result}

    def _poll(self) -> None:
        wait_seconds = _FIRST_WAIT_SECONDS
        while not self._stopped.is_set():
            try:
                self._slots.acquire()
                batch = self._collect()
                wait_seconds = _FIRST_WAIT_SECONDS
            except Exception as error:
                # Whatever it is, the messages come again.
                self._slots.release()
                self._problem(error)
                self._stopped.wait(wait_seconds)
                wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
                continue
            if batch:
                threading.Thread(target=self._process, args=(batch,), name="sqs-batch", daemon=True).start()
            else:
                self._slots.release()

    def _collect(self) -> list[Message]:
        """The next batch: full, or as large as it is when its window closes; empty at the end."""
        batch, size, closes_at = [], 0, None
        while True:
            while self._received and len(batch) < self.mapping.batch_size:
                size += len(sqs_event.of(self._received[:1], self.mapping.queue_arn, self._clients.region))
                if batch and size > MAX_BATCH_BYTES:
                    return batch
                batch.append(self._received.pop(0))
            now = time.monotonic()
            closes_at = closes_at or (now + self.mapping.window_seconds if batch else None)
            if len(batch) >= self.mapping.batch_size or self._stopped.is_set() or (closes_at and now >= closes_at):
                return batch
            wait_seconds = min(_LOOK_AGAIN_SECONDS, closes_at - now if closes_at else _LOOK_AGAIN_SECONDS)
            if moto_services.await_message(self._clients.region, self.mapping.queue_name, wait_seconds):
                self._received += self._receive(self.mapping.batch_size - len(batch))

    def _receive(self, room: int) -> list[Message]:
        if self._stopped.is_set():
            return []
        found: list[Message] = (
            self._sqs()
            .receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(room, _MESSAGES_AT_ONCE),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=0,
            )
            .get("Messages", [])
        )
        return found

    def _process(self, batch: list[Message]) -> None:
        try:
            failed = self._invoke(batch)
            self._delete([message for message in batch if message["MessageId"] not in failed])
            self._result = "PROBLEM: Function call failed" if failed else "OK"
        except Exception as error:
            self._problem(error)
        finally:
            self._slots.release()

    def _invoke(self, batch: Sequence[Message]) -> set[str]:
        """The ids of the messages that stay in the queue."""
        ids = {message["MessageId"] for message in batch}
        event = sqs_event.of(batch, self.mapping.queue_arn, self._clients.region)
        outcome = self._run_until_visible(event)
        if outcome.function_error:
            return ids
        return sqs_event.failed(outcome.payload, ids) if self.mapping.reports_failures else set()

    def _run_until_visible(self, event: bytes) -> Outcome:
        """Run the function; a throttled invocation is tried again until the messages are visible to others again."""
        started, wait_seconds = time.monotonic(), _FIRST_WAIT_SECONDS
        while True:
            try:
                return self._run(self._definition(self._function), event)
            except ServiceError as error:
                if error.http_status != _THROTTLED or self._stopped.is_set():
                    raise
                if time.monotonic() + wait_seconds - started > self._visibility_seconds():
                    raise
            self._stopped.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)

    def _visibility_seconds(self) -> int:
        found = self._sqs().get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["VisibilityTimeout"])
        return int(found["Attributes"]["VisibilityTimeout"])

    def _delete(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), _MESSAGES_AT_ONCE):
            entries = [
                {"Id": str(position), "ReceiptHandle": message["ReceiptHandle"]}
                for position, message in enumerate(messages[start : start + _MESSAGES_AT_ONCE])
            ]
            self._sqs().delete_message_batch(QueueUrl=self._queue_url, Entries=entries)

    def _sqs(self) -> Any:
        return self._clients.client("sqs", self._definition(self._function).role_arn)

    def _problem(self, what: Exception) -> None:
        self._result = f"PROBLEM: {what}"
        if not self._stopped.is_set():
            _log.warning("The event source mapping of %s to %s: %s", self.mapping.queue_name, self._function.name, what)
