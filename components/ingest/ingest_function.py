"""The function that takes events by API Gateway, the secrets that it checks signatures with, and its dead letters."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code, names
from components.lambda_function import LambdaFunction
from components.runtime import Runtime
from components.service_role import Statement
from components.tls_only import tls_only
from contracts import Authentication, Contract, cors, limits
from contracts.direct_path import StreamService

MEMORY_MB = 512
DEAD_LETTER_MAX_BYTES = 1024 * 1024
"""The largest message of SQS (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)."""
DEAD_LETTER_DAYS = 14
"""The longest that SQS keeps a message."""


_PUT_MANY = {StreamService.FIREHOSE: "firehose:PutRecordBatch", StreamService.KINESIS: "kinesis:PutRecords"}


class Puts(NamedTuple):
    """What the API's doors put events onto."""

    service: StreamService
    """The service that they put onto."""
    arns: Mapping[StreamService, Mapping[str, pulumi.Input[str]]]
    """By service the ARN of the stream of each source that they may put onto, now or before or after a switch."""

    @property
    def stream_arns(self) -> Mapping[str, pulumi.Input[str]]:
        """ARN of the stream of each source that they put onto."""
        return self.arns[self.service]

    def statements(self, sources: Sequence[str], actions: Mapping[StreamService, str]) -> list[Statement]:
        """What lets a door of some sources put events onto their streams, by the action of each service."""
        resources = {it: [found[source] for source in sources if source in found] for it, found in self.arns.items()}
        return [{"actions": [actions[it]], "resources": arns} for it, arns in resources.items() if arns]


def dead_letter_queue(name: str, opts: pulumi.ResourceOptions) -> aws.sqs.Queue:
    """The queue that keeps accepted events which no stream took; it is reached over TLS alone."""
    queue = aws.sqs.Queue(
        name,
        max_message_size=DEAD_LETTER_MAX_BYTES,
        message_retention_seconds=DEAD_LETTER_DAYS * 24 * 60 * 60,
        sqs_managed_sse_enabled=True,
        opts=opts,
    )
    statement = tls_only(queue.arn, "sqs")
    aws.sqs.QueuePolicy(
        f"{name}-tls",
        queue_url=queue.url,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]}),
        opts=opts,
    )
    return queue


def signing_secrets(
    name: str, contracts: Sequence[Contract], opts: pulumi.ResourceOptions
) -> dict[str, pulumi.Output[str]]:
    """ARN of the secret of each source with a signature; without a value, so that none is in Pulumi's state."""
    return {
        contract.source: aws.secretsmanager.Secret(
            f"{name}-{contract.source}-signature",
            description=f"Signs what senders post to {contract.source}",
            opts=opts,
        ).arn
        for contract in contracts
        if contract.authentication is Authentication.SIGNATURE
    }


def ingest_function(
    name: str,
    contracts: Sequence[Contract],
    puts: Puts,
    dead_letters: aws.sqs.Queue,
    signing_secret_arns: Mapping[str, pulumi.Input[str]],
    runtime: Runtime,
    opts: pulumi.ResourceOptions,
) -> LambdaFunction:
    """The function behind the paths of some sources, which puts their events onto their streams."""
    signatures = {
        contract.source: {
            "header": contract.signature_header.lower(),
            "secret": signing_secret_arns[contract.source],
        }
        for contract in contracts
        if contract.source in signing_secret_arns
    }
    shared = {
        contract.source: cors.answers(contract.allowed_origins) for contract in contracts if contract.allowed_origins
    }
    statements: list[Statement] = [
        *puts.statements([contract.source for contract in contracts], _PUT_MANY),
        {"actions": ["sqs:SendMessage"], "resources": [dead_letters.arn]},
    ]
    if signatures:
        statements.append(
            {"actions": ["secretsmanager:GetSecretValue"], "resources": list(signing_secret_arns.values())}
        )
    return LambdaFunction(
        f"{name}-handler",
        {
            "description": "Checks events against their contracts and puts the good ones on the delivery stream",
            "code": lambda_code.archive("ingest", contracts),
            "environment": {
                "STACK": names.stack(),
                "STREAMS": pulumi.Output.json_dumps(
                    {contract.source: arn.resource_name(puts.stream_arns[contract.source]) for contract in contracts}
                ),
                "ROUTES": json.dumps({contract.path: contract.source for contract in contracts}),
                "DEAD_LETTER_QUEUE_URL": dead_letters.url,
                **({} if puts.service is StreamService.FIREHOSE else {"STREAM_SERVICE": puts.service.value}),
                **({"CORS": json.dumps(shared)} if shared else {}),
                **({"SIGNATURES": pulumi.Output.json_dumps(signatures)} if signatures else {}),
            },
            "memory_mb": MEMORY_MB,
            "timeout_seconds": limits.GATEWAY_SECONDS,
            "runtime": runtime,
            "statements": statements,
        },
        opts,
    )
