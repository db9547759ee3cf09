"""The HTTPS endpoint that takes events: one REST API, one path a source, and what is behind each path."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code
from components.ingest import access_log
from components.ingest.api_gateway_account import ApiGatewayAccount, ApiGatewayLogging
from components.ingest.api_key_plan import ApiKeyPlan
from components.ingest.guest_senders import GuestSenders
from components.ingest.ldap_authorizer import LdapAuthorizer, LdapDirectory
from components.lambda_function import LambdaFunction
from components.service_role import ServiceRole, Statement
from contracts import (
    Authentication,
    BrowserCredentials,
    Contract,
    Delivery,
    Throttle,
    file_door,
    openapi,
    published_api,
)

STAGE = "v1"
TITLE = "Ingest API"
INGEST_MEMORY_MB = 512
INGEST_TIMEOUT_SECONDS = 29
"""The longest that API Gateway waits (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
DEAD_LETTER_MAX_BYTES = 1024 * 1024
"""The largest message of SQS (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)."""
DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 60 * 60
"""The longest that SQS keeps a message."""


class NoPathError(pulumi.RunError):
    """An API that nobody could send to: API Gateway deploys none without a method."""


class FileDoor(TypedDict):
    """The function behind the path that takes files."""

    function_name: pulumi.Input[str]
    """Name of the function."""
    invoke_arn: pulumi.Input[str]
    """ARN by which API Gateway invokes the function."""


class IngestApiArgs(TypedDict):
    """Inputs of IngestApi."""

    contracts: Sequence[Contract]
    """The sources that the API takes events of."""
    streams: Mapping[str, pulumi.Input[str]]
    """Name of the delivery stream of each source."""
    stream_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the delivery stream of each source."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""
    api_gateway_logging: ApiGatewayLogging
    """Who gives API Gateway the role that it writes the access log with."""
    ldap: LdapDirectory | None
    """Who may send to sources that ask for it; None: such sources have no path."""
    file_door: NotRequired[FileDoor]
    """What takes files; without it the API takes none."""


class IngestApi(pulumi.ComponentResource):
    """API Gateway in front of the ingest function or the delivery stream itself, as each contract asks for.

    Each source has a throttle of its own; what the function cannot put onto a stream goes to the dead-letter queue.
    An access log has a line for each request.
    """

    url: pulumi.Output[str]
    """Address of the API; a source's path comes after it."""
    api_key: pulumi.Output[str] | None
    """Secret: the key that callers send as `x-api-key`; None where no contract asks for one."""
    invoke_arns: Mapping[str, pulumi.Output[str]]
    """For each source that wants signatures the ARN of its method, on which policies allow `execute-api:Invoke`."""
    document: pulumi.Output[str]
    """The OpenAPI document for senders, as JSON."""
    signing_secret_arns: Mapping[str, pulumi.Output[str]]
    """For each source with a signature the ARN of the secret that it is made with. Its value is set by whoever runs
    the stack, never by the program: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_update-secret.html."""
    paths: Mapping[str, str]
    """The path of each source that has one."""
    files_invoke_arn: pulumi.Output[str] | None
    """ARN of the method that takes files, on which policies allow `execute-api:Invoke`; None where there is none."""
    identity_pool_id: pulumi.Output[str] | None
    """What pages ask for the credentials of a guest; None where no contract gives browsers any."""
    dead_letter_queue_url: pulumi.Output[str]
    """Address of the queue that keeps accepted events which no delivery stream took."""
    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of that queue."""

    def __init__(self, name: str, args: IngestApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:IngestApi", name, {}, opts)
        args = {**args, "contracts": _served(args)}
        streamed = [contract for contract in args["contracts"] if contract.streamed]
        if not streamed and "file_door" not in args:
            raise NoPathError(
                f"{name}: no contract has a path that can be served; sources with authentication: ldap need the config "
                "keys ldap_url and ldap_base_dn, and those with delivery: files a file_door"
            )
        queue = aws.sqs.Queue(
            f"{name}-dead-letters",
            max_message_size=DEAD_LETTER_MAX_BYTES,
            message_retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        by_function = [contract for contract in args["contracts"] if contract.delivery is Delivery.LAMBDA]
        direct = [contract for contract in args["contracts"] if contract.delivery is Delivery.DIRECT]
        self.signing_secret_arns = self._signing_secrets(name, by_function)
        function = self._function(name, by_function, args, queue) if by_function else None
        role = self._put_record_role(name, direct, args) if direct else None
        authorizer = self._authorizer(name, args)
        definition = _integrations(function, role, authorizer, direct, args).apply(
            lambda found: openapi.document(name, args["contracts"], found)
        )
        api, stage = self._api(name, args, definition, role)
        if authorizer:
            self._authorizer_permission(name, api, authorizer)
        for contract in streamed:
            self._throttle(f"{name}-{contract.source}", contract.path, contract.throttle, api, stage)
        if function:
            for contract in by_function:
                self._permission(f"{name}-{contract.source}", contract.path, api, function.function_name)
        self.files_invoke_arn = None
        if door := args.get("file_door"):
            throttle = Throttle(file_door.RATE_PER_SECOND, file_door.BURST)
            self._throttle(f"{name}-file-door", file_door.PATH, throttle, api, stage)
            self._permission(f"{name}-file-door", file_door.PATH, api, door["function_name"])
            self.files_invoke_arn = _method_arn(api, file_door.PATH)
        self.api_key = self._key(name, args["contracts"], api, stage)
        self.invoke_arns = {
            contract.source: _method_arn(api, contract.path)
            for contract in args["contracts"]
            if contract.authentication is Authentication.IAM
        }
        self.document = pulumi.Output.all(definition, stage.invoke_url).apply(
            lambda found: json.dumps(published_api.document(found[0], args["contracts"], TITLE, found[1]))
        )
        self.paths = {contract.source: contract.path for contract in streamed}
        guests = GuestSenders(
            f"{name}-guests",
            {
                "streams": {
                    contract.source: args["stream_arns"][contract.source]
                    for contract in args["contracts"]
                    if contract.browser_credentials is BrowserCredentials.GUEST
                }
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.identity_pool_id = guests.identity_pool_id
        self.url = stage.invoke_url
        self.dead_letter_queue_url, self.dead_letter_queue_arn = queue.url, queue.arn
        self.register_outputs(
            {
                "url": self.url,
                "api_key": self.api_key,
                "invoke_arns": self.invoke_arns,
                "signing_secret_arns": self.signing_secret_arns,
                "document": self.document,
                "identity_pool_id": self.identity_pool_id,
                "paths": self.paths,
                "files_invoke_arn": self.files_invoke_arn,
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "dead_letter_queue_arn": self.dead_letter_queue_arn,
            }
        )

    def _signing_secrets(self, name: str, contracts: Sequence[Contract]) -> dict[str, pulumi.Output[str]]:
        """Secrets without a value, so that none is in the program or in Pulumi's state."""
        return {
            contract.source: aws.secretsmanager.Secret(
                f"{name}-{contract.source}-signature",
                description=f"Signs what senders post to {contract.source}",
                opts=pulumi.ResourceOptions(parent=self),
            ).arn
            for contract in contracts
            if contract.authentication is Authentication.SIGNATURE
        }

    def _function(
        self, name: str, contracts: Sequence[Contract], args: IngestApiArgs, queue: aws.sqs.Queue
    ) -> LambdaFunction:
        streams = {contract.source: args["streams"][contract.source] for contract in contracts}
        write_streams: Statement = {
            "actions": ["firehose:PutRecordBatch"],
            "resources": [args["stream_arns"][contract.source] for contract in contracts],
        }
        signatures = {
            contract.source: {
                "header": contract.signature_header.lower(),
                "secret": self.signing_secret_arns[contract.source],
            }
            for contract in contracts
            if contract.source in self.signing_secret_arns
        }
        read_secrets: Statement = {
            "actions": ["secretsmanager:GetSecretValue"],
            "resources": list(self.signing_secret_arns.values()),
        }
        return LambdaFunction(
            f"{name}-handler",
            {
                "description": "Checks events against their contracts and puts the good ones on the delivery stream",
                "code": lambda_code.archive("ingest", contracts),
                "environment": {
                    "STREAMS": pulumi.Output.json_dumps(streams),
                    "ROUTES": json.dumps({contract.path: contract.source for contract in contracts}),
                    "MAX_EVENTS": str(published_api.MAX_EVENTS),
                    "ALLOWED_ORIGINS": json.dumps(
                        {contract.source: contract.allowed_origins for contract in contracts}
                    ),
                    "DEAD_LETTER_QUEUE_URL": queue.url,
                    **({"SIGNATURES": pulumi.Output.json_dumps(signatures)} if signatures else {}),
                },
                "memory_mb": INGEST_MEMORY_MB,
                "timeout_seconds": INGEST_TIMEOUT_SECONDS,
                "log_retention_days": args["log_retention_days"],
                "statements": [
                    write_streams,
                    {"actions": ["sqs:SendMessage"], "resources": [queue.arn]},
                    *([read_secrets] if signatures else []),
                ],
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _authorizer(self, name: str, args: IngestApiArgs) -> LdapAuthorizer | None:
        guarded = [contract for contract in args["contracts"] if contract.authentication is Authentication.LDAP]
        if not guarded or not args["ldap"]:
            return None
        return LdapAuthorizer(
            f"{name}-ldap",
            {
                "contracts": guarded,
                "directory": args["ldap"],
                "log_retention_days": args["log_retention_days"],
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _authorizer_permission(self, name: str, api: aws.apigateway.RestApi, authorizer: LdapAuthorizer) -> None:
        """API Gateway chooses an authorizer's id when it imports the definition, so that it cannot be named here."""
        aws.lambda_.Permission(
            f"{name}-ldap-permission",
            action="lambda:InvokeFunction",
            principal="apigateway.amazonaws.com",
            function=authorizer.function_name,
            source_arn=pulumi.Output.concat(api.execution_arn, "/authorizers/*"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _put_record_role(self, name: str, contracts: Sequence[Contract], args: IngestApiArgs) -> ServiceRole:
        """What API Gateway may do for direct paths: put records onto their streams, nothing else.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-aws-proxy.html
        """
        stream_arns = [args["stream_arns"][contract.source] for contract in contracts]
        return ServiceRole(
            f"{name}-direct",
            {
                "service": "apigateway.amazonaws.com",
                "statements": [{"actions": ["firehose:PutRecord"], "resources": stream_arns}],
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _api(
        self,
        name: str,
        args: IngestApiArgs,
        definition: pulumi.Output[dict[str, Any]],
        role: ServiceRole | None,
    ) -> tuple[aws.apigateway.RestApi, aws.apigateway.Stage]:
        body = definition.apply(lambda found: json.dumps(found, sort_keys=True))
        api = aws.apigateway.RestApi(
            f"{name}-api",
            description="Takes events",
            body=body,
            endpoint_configuration={"types": "REGIONAL"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role] if role else []),
        )
        # A deployment is a snapshot: without the trigger it would not follow the API. The stage stays the same.
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=api.id,
            triggers={"definition": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return api, self._stage(name, args, api, deployment)

    def _stage(
        self,
        name: str,
        args: IngestApiArgs,
        api: aws.apigateway.RestApi,
        deployment: aws.apigateway.Deployment,
    ) -> aws.apigateway.Stage:
        logs = aws.cloudwatch.LogGroup(
            f"{name}-access-logs",
            retention_in_days=args["log_retention_days"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        needed: list[pulumi.Resource] = []
        if args["api_gateway_logging"] is ApiGatewayLogging.MANAGED:
            needed = [ApiGatewayAccount(f"{name}-api-gateway", {}, pulumi.ResourceOptions(parent=self))]
        return aws.apigateway.Stage(
            f"{name}-stage",
            rest_api=api.id,
            deployment=deployment.id,
            stage_name=STAGE,
            access_log_settings={"destination_arn": logs.arn, "format": access_log.FORMAT},
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )

    def _permission(
        self, prefix: str, path: str, api: aws.apigateway.RestApi, function_name: pulumi.Input[str]
    ) -> None:
        aws.lambda_.Permission(
            f"{prefix}-permission",
            action="lambda:InvokeFunction",
            principal="apigateway.amazonaws.com",
            function=function_name,
            source_arn=_method_arn(api, path),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _throttle(
        self,
        prefix: str,
        path: str,
        throttle: Throttle,
        api: aws.apigateway.RestApi,
        stage: aws.apigateway.Stage,
    ) -> None:
        aws.apigateway.MethodSettings(
            f"{prefix}-throttle",
            rest_api=api.id,
            stage_name=stage.stage_name,
            method_path=method_path(path),
            settings={
                "throttling_rate_limit": throttle.rate_per_second,
                "throttling_burst_limit": throttle.burst,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _key(
        self,
        name: str,
        contracts: Sequence[Contract],
        api: aws.apigateway.RestApi,
        stage: aws.apigateway.Stage,
    ) -> pulumi.Output[str] | None:
        keyed = [contract for contract in contracts if contract.authentication is Authentication.API_KEY]
        if not keyed:
            return None
        plan = ApiKeyPlan(
            f"{name}-access",
            {"contracts": keyed, "rest_api": api.id, "stage": stage.stage_name},
            pulumi.ResourceOptions(parent=self),
        )
        return plan.api_key


def _served(args: IngestApiArgs) -> Sequence[Contract]:
    """The contracts that can be kept: without a directory nobody could be let in where one is asked for."""
    if args["ldap"]:
        return args["contracts"]
    asking = [contract for contract in args["contracts"] if contract.authentication is Authentication.LDAP]
    if asking:
        names = ", ".join(contract.source for contract in asking)
        pulumi.log.warn(
            f"No path for {names}: the contract asks for LDAP, and no directory is configured; "
            "set the config keys ldap_url and ldap_base_dn"
        )
    return [contract for contract in args["contracts"] if contract not in asking]


def _integrations(
    function: LambdaFunction | None,
    role: ServiceRole | None,
    authorizer: LdapAuthorizer | None,
    direct: Sequence[Contract],
    args: IngestApiArgs,
) -> pulumi.Output[openapi.Integrations]:
    """What the paths hand events to."""
    first = args["stream_arns"][direct[0].source] if direct else None
    found: pulumi.Output[dict[str, Any]] = pulumi.Output.all(
        ingest_invoke_arn=function.invoke_arn if function else None,
        put_record_uri=arn.service_action(first, "PutRecord") if first is not None else None,
        put_record_role_arn=role.arn if role else None,
        streams={contract.source: args["streams"][contract.source] for contract in direct},
        ldap_invoke_arn=authorizer.invoke_arn if authorizer else None,
        files_invoke_arn=args["file_door"]["invoke_arn"] if "file_door" in args else None,
    )
    return found.apply(lambda values: openapi.Integrations(**values))


def _method_arn(api: aws.apigateway.RestApi, path: str) -> pulumi.Output[str]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples-for-api-execution.html."""
    return pulumi.Output.concat(api.execution_arn, f"/{STAGE}/POST{path}")


def method_path(path: str) -> str:
    """The key of a path's POST method in a stage's settings: each `/` of the path is written `~1`.

    https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
    """
    return f"{path.replace('/', '~1')}/POST"
