"""SQS's limits, which what the stack sends to its dead-letter queue must keep."""

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import Rig

API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_"
MAX_BYTES = 1_048_576


@pytest.fixture
def queue(rig: Rig) -> str:
    return str(rig.aws("sqs").create_queue(QueueName=rig.name("queue"))["QueueUrl"])


@pytest.mark.aws("SQS", "Limits", f"{API}SendMessage.html")
def test_a_message_has_at_most_1_mib(rig: Rig, queue: str) -> None:
    rig.aws("sqs").send_message(QueueUrl=queue, MessageBody="x" * MAX_BYTES)
    with pytest.raises(ClientError, match="Message must be shorter than 1048576 bytes"):
        rig.aws("sqs").send_message(QueueUrl=queue, MessageBody="x" * (MAX_BYTES + 1))


@pytest.mark.aws("SQS", "Limits", f"{API}SendMessageBatch.html")
def test_a_batch_has_at_most_10_messages_and_1_mib(rig: Rig, queue: str) -> None:
    def send(count: int, size_bytes: int) -> None:
        entries = [{"Id": str(number), "MessageBody": "x" * size_bytes} for number in range(count)]
        rig.aws("sqs").send_message_batch(QueueUrl=queue, Entries=entries)

    send(10, 1)
    with pytest.raises(ClientError, match="TooManyEntriesInBatchRequest"):
        send(11, 1)
    with pytest.raises(ClientError, match="BatchRequestTooLong"):
        send(2, MAX_BYTES // 2 + 1)


@pytest.mark.aws("SQS", "Limits", f"{API}ReceiveMessage.html")
@pytest.mark.parametrize(
    ("option", "value"), [("MaxNumberOfMessages", 11), ("VisibilityTimeout", 43_201), ("WaitTimeSeconds", 21)]
)
def test_messages_are_received_within_the_ranges_that_the_api_states(
    rig: Rig, queue: str, option: str, value: int
) -> None:
    with pytest.raises(ClientError):
        rig.aws("sqs").receive_message(QueueUrl=queue, **{option: value})
