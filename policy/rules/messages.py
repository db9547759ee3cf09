"""Queues and topics."""

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of
from .statements import allowing, refuses_plain_transport, too_wide

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"

_ENCRYPTED_PROTOCOLS = {"application", "email", "email-json", "firehose", "https", "lambda", "sqs"}


@rule(
    "SQS.1",
    types=[QUEUE],
    title="A queue is encrypted at rest",
    fix="set sqs_managed_sse_enabled, or name a KMS key",
)
def queue_is_encrypted(resource: Resource) -> Faults:
    if resource.get("sqsManagedSseEnabled") is not True and not resource.get("kmsMasterKeyId"):
        yield "", "neither SQS's key nor one of KMS is chosen"


@rule(
    "AwsSolutions-SQS4",
    types=[QUEUE],
    title="A queue refuses requests without TLS",
    fix="give the queue a QueuePolicy that denies everyone sqs:* where aws:SecureTransport is false",
)
def queue_refuses_plain_transport(resource: Resource, stack: Stack) -> Faults:
    policies = stack.made_for(resource, QUEUE_POLICY, "queueUrl")
    if not any(refuses_plain_transport(it, "sqs:*") for it in [resource, *policies]):
        yield "", "no statement denies everyone everything without TLS"


@rule(
    "AwsSolutions-SQS3",
    types=[QUEUE],
    title="What a queue cannot deliver goes to a dead-letter queue",
    fix="give the queue a redrive_policy",
)
def queue_has_dead_letters(resource: Resource) -> Faults:
    if not resource.get("redrivePolicy"):
        yield "", "it has no redrive policy"


@rule(
    "SQS.3",
    types=[QUEUE, QUEUE_POLICY],
    title="A queue's policy allows nobody without a named source",
    fix="allow one service, with aws:SourceArn",
)
def queue_policy_admits_named_sources(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        if fault := too_wide(statement):
            yield statement.get("Sid", ""), fault


@rule(
    "SNS.4",
    types=[TOPIC, TOPIC_POLICY],
    title="A topic's policy allows nobody without a named source",
    fix="allow one service, with aws:SourceArn or aws:SourceAccount",
)
def topic_policy_admits_named_sources(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        if fault := too_wide(statement):
            yield statement.get("Sid", ""), fault


@rule(
    "AwsSolutions-SNS3",
    types=[TOPIC],
    title="A topic refuses what is published without TLS",
    fix="give the topic a TopicPolicy that denies everyone sns:Publish where aws:SecureTransport is false",
)
def topic_refuses_plain_transport(resource: Resource, stack: Stack) -> Faults:
    policies = stack.made_for(resource, TOPIC_POLICY, "arn")
    if not any(refuses_plain_transport(it, "sns:Publish") for it in [resource, *policies]):
        yield "", "no statement denies everyone to publish without TLS"


@rule(
    "SNS.1",
    types=[TOPIC],
    title="A topic is encrypted at rest",
    fix="name a KMS key whose policy lets the publishing services use it",
)
def topic_is_encrypted(resource: Resource) -> Faults:
    if not resource.get("kmsMasterKeyId"):
        yield "", "no KMS key is named"


@rule(
    "https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    types=[SUBSCRIPTION],
    title="Messages leave a topic encrypted, and go to no telephone",
    fix="subscribe by one of: " + ", ".join(sorted(_ENCRYPTED_PROTOCOLS)),
)
def subscription_is_encrypted(resource: Resource) -> Faults:
    protocol = resource.get("protocol")
    if protocol not in _ENCRYPTED_PROTOCOLS:
        yield "", f"its protocol is {protocol}"


RULES = rules_of(globals())
