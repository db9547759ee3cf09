"""The HTTPS endpoint that takes events: one REST API, one path a source, and what is behind each path."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from components import arn
from components.ingest.api_gateway_account import ApiGatewayLogging
from components.ingest.api_key_plan import ApiKeyPlan
from components.ingest.doors import Doors
from components.ingest.guest_senders import GuestSenders, takes_guests
from components.ingest.ingest_function import Puts, dead_letter_queue, ingest_function, signing_secrets
from components.ingest.ldap_authorizer import LdapAuthorizer, LdapDirectory
from components.ingest.rest_api import RestApi
from components.lambda_function import LambdaFunction
from components.runtime import RuntimeArgs
from components.service_role import ServiceRole
from contracts import (
    Authentication,
    Contract,
    Delivery,
    Throttle,
    direct_path,
    file_door,
    openapi,
    published_api,
)
from contracts.direct_path import StreamService

TITLE = "Ingest API"
_PUT_ONE = {StreamService.FIREHOSE: "firehose:PutRecord", StreamService.KINESIS: "kinesis:PutRecord"}


class NoPathError(pulumi.RunError):
    """An API that nobody could send to: API Gateway deploys none without a method."""


class FileDoor(TypedDict):
    """The function behind the path that takes files."""

    function_name: pulumi.Input[str]
    """Name of the function."""
    invoke_arn: pulumi.Input[str]
    """ARN by which API Gateway invokes the function."""


class IngestApiArgs(RuntimeArgs):
    """Inputs of IngestApi."""

    contracts: Sequence[Contract]
    """The sources that the API takes events of."""
    stream_service: NotRequired[StreamService]
    """Whose streams take events: FIREHOSE unless it is given. All doors may put onto the streams of both services that
    are given, since they turn from one to the other at different times, and browsers keep pages from before."""
    stream_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the delivery stream of each source; none where nobody is to put onto one any more."""
    data_stream_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the data stream of Kinesis of each source, for the function and for direct paths. Guests cannot put onto
    one (GuestSenders)."""
    guest_stream_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the delivery stream of each source that takes events of guests where KINESIS takes the others."""
    api_gateway_logging: NotRequired[ApiGatewayLogging]
    """Who gives API Gateway the role that it writes the access log with; MANAGED unless it is given."""
    ldap: NotRequired[LdapDirectory | None]
    """Who may send to sources that ask for it; without it such sources have no path."""
    file_door: NotRequired[FileDoor]
    """What takes files; without it the API takes none."""
    guest_sources: NotRequired[Collection[str]]
    """Sources whose streams guests may put events onto, beside those whose contracts let browsers."""


class IngestApi(pulumi.ComponentResource):
    """API Gateway in front of the ingest function or the stream itself, as each contract asks for.

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
    """What pages ask for the credentials of a guest; None where browsers get none."""
    doors: Doors
    """Where pages can send events to."""
    dead_letter_queue_url: pulumi.Output[str]
    """Address of the queue that keeps accepted events which no delivery stream took."""
    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of that queue."""
    dead_letter_queue_name: pulumi.Output[str]
    """Name of that queue."""
    api_name: pulumi.Output[str]
    """Name of the API, by which its metrics are told."""
    stage: pulumi.Output[str]
    """Name of its stage."""
    stage_arn: pulumi.Output[str]
    """ARN of its stage."""
    access_log_group: pulumi.Output[str]
    """Name of the log group of its access log."""
    ingest_log_group: pulumi.Output[str] | None
    """Name of the log group of the function that takes events; None where no source has it."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: IngestApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:IngestApi", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        contracts, runtime = _served(name, args), args.get("runtime", {})
        by_function = [contract for contract in contracts if contract.delivery is Delivery.LAMBDA]
        direct = [contract for contract in contracts if contract.delivery is Delivery.DIRECT]
        puts = _puts(args)
        queue = dead_letter_queue(f"{name}-dead-letters", self._child)
        self.dead_letter_queue_url, self.dead_letter_queue_arn = queue.url, queue.arn
        self.dead_letter_queue_name = queue.name
        self.signing_secret_arns = signing_secrets(name, by_function, self._child)
        function = None
        if by_function:
            function = ingest_function(name, by_function, puts, queue, self.signing_secret_arns, runtime, self._child)
        role = self._put_record_role(name, direct, puts) if direct else None
        authorizer = self._authorizer(name, contracts, args)
        definition = _integrations(function, role, authorizer, direct, puts, args).apply(
            lambda found: openapi.document(name, contracts, found)
        )
        logging = args.get("api_gateway_logging", ApiGatewayLogging.MANAGED)
        api = RestApi(name, definition, logging, runtime, [role] if role else [], self._child)
        self.url = api.url
        self.api_name, self.stage, self.access_log_group = api.name, api.stage, api.access_log_group
        self.stage_arn, self.ingest_log_group = api.stage_arn, function.log_group if function else None
        self.paths = {contract.source: contract.path for contract in contracts if contract.streamed}
        self._open(name, contracts, api, function, authorizer)
        self.files_invoke_arn = self._open_file_door(name, args["file_door"], api) if "file_door" in args else None
        self.invoke_arns = {
            contract.source: api.method_arn(contract.path)
            for contract in contracts
            if contract.authentication is Authentication.IAM
        }
        self.api_key = self._api_key(name, contracts, api)
        self.identity_pool_id = self._guests(name, contracts, args).identity_pool_id
        self.doors = {
            "url": self.url,
            "paths": {contract.source: contract.path for contract in direct if _takes_posts_of_pages(contract)},
            "stage_arn": self.stage_arn,
            "identity_pool_id": self.identity_pool_id,
            "stream_arns": _streams_of_pages(puts, args),
        }
        self.document = pulumi.Output.all(definition, api.url).apply(
            lambda found: json.dumps(published_api.document(found[0], contracts, TITLE, found[1]))
        )
        self.outputs = {
            "ingest_url": self.url,
            "api_key": self.api_key,
            "invoke_arns": self.invoke_arns,
            "signing_secret_arns": self.signing_secret_arns,
            "identity_pool_id": self.identity_pool_id,
            "paths": self.paths,
            "files_invoke_arn": self.files_invoke_arn,
            "dead_letter_queue_url": self.dead_letter_queue_url,
            "access_log_group": self.access_log_group,
            "ingest_log_group": self.ingest_log_group,
        }
        self.register_outputs(self.outputs)

    def _authorizer(self, name: str, contracts: Sequence[Contract], args: IngestApiArgs) -> LdapAuthorizer | None:
        guarded = [contract for contract in contracts if contract.authentication is Authentication.LDAP]
        directory = args.get("ldap")
        if not guarded or not directory:
            return None
        return LdapAuthorizer(
            f"{name}-ldap",
            {"contracts": guarded, "directory": directory, "runtime": args.get("runtime", {})},
            self._child,
        )

    def _put_record_role(self, name: str, contracts: Sequence[Contract], puts: Puts) -> ServiceRole:
        """What API Gateway may do for direct paths: put records onto their streams, nothing else.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-aws-proxy.html
        """
        sources = [contract.source for contract in contracts]
        return ServiceRole(
            f"{name}-direct",
            {
                "service": "apigateway.amazonaws.com",
                "statements": puts.statements(sources, _PUT_ONE),
            },
            self._child,
        )

    def _open(
        self,
        name: str,
        contracts: Sequence[Contract],
        api: RestApi,
        function: LambdaFunction | None,
        authorizer: LdapAuthorizer | None,
    ) -> None:
        """Let requests through to what is behind each source's path, as often as its contract says."""
        for contract in contracts:
            if contract.streamed:
                api.throttle(f"{name}-{contract.source}", contract.path, contract.throttle)
            if function and contract.delivery is Delivery.LAMBDA:
                api.may_invoke(f"{name}-{contract.source}", function.function_name, contract.path)
        if authorizer:
            api.may_ask(f"{name}-ldap", authorizer.function_name)

    def _open_file_door(self, name: str, door: FileDoor, api: RestApi) -> pulumi.Output[str]:
        """The same for files; ARN of the method that takes them."""
        api.throttle(f"{name}-file-door", file_door.PATH, Throttle(file_door.RATE_PER_SECOND, file_door.BURST))
        api.may_invoke(f"{name}-file-door", door["function_name"], file_door.PATH)
        return api.method_arn(file_door.PATH)

    def _api_key(self, name: str, contracts: Sequence[Contract], api: RestApi) -> pulumi.Output[str] | None:
        keyed = [contract for contract in contracts if contract.authentication is Authentication.API_KEY]
        if not keyed:
            return None
        plan = ApiKeyPlan(f"{name}-access", {"contracts": keyed, "rest_api": api.id, "stage": api.stage}, self._child)
        return plan.api_key

    def _guests(self, name: str, contracts: Sequence[Contract], args: IngestApiArgs) -> GuestSenders:
        guest_sources = args.get("guest_sources", ())
        sources = [contract.source for contract in contracts if takes_guests(contract, guest_sources)]
        both = (args["stream_arns"], args.get("guest_stream_arns", {}))
        streams = [found[source] for found in both for source in sources if source in found]
        return GuestSenders(f"{name}-guests", {"streams": streams}, self._child)


def _puts(args: IngestApiArgs) -> Puts:
    """What the function and the direct paths put events onto."""
    return Puts(
        args.get("stream_service", StreamService.FIREHOSE),
        {StreamService.FIREHOSE: args["stream_arns"], StreamService.KINESIS: args.get("data_stream_arns", {})},
    )


def _streams_of_pages(puts: Puts, args: IngestApiArgs) -> Mapping[str, pulumi.Input[str]]:
    """ARN of a stream of each source; of those whose events guests put that of the delivery stream for them."""
    of_guests = args.get("guest_stream_arns", {}) if puts.service is StreamService.KINESIS else {}
    return {**puts.stream_arns, **args["stream_arns"], **of_guests}


def _takes_posts_of_pages(contract: Contract) -> bool:
    """Whether scripts of any page may post, without a preflight and without a key."""
    return direct_path.PLAIN_TEXT in direct_path.media_types(contract)


def _served(name: str, args: IngestApiArgs) -> Sequence[Contract]:
    """The contracts that can be kept: without a directory nobody could be let in where one is asked for.

    Raises NoPathError where none is left.
    """
    contracts = args["contracts"]
    if not args.get("ldap"):
        asking = [contract for contract in contracts if contract.authentication is Authentication.LDAP]
        contracts = [contract for contract in contracts if contract not in asking]
        if asking:
            names = ", ".join(contract.source for contract in asking)
            pulumi.log.warn(
                f"No path for {names}: the contract asks for LDAP, and no directory is configured; "
                "set the config keys ldap_url and ldap_base_dn"
            )
    if "file_door" not in args and not any(contract.streamed for contract in contracts):
        raise NoPathError(
            f"{name}: no contract has a path that can be served; sources with authentication: ldap need the config "
            "keys ldap_url and ldap_base_dn, and those with delivery: files a file_door"
        )
    return contracts


def _integrations(
    function: LambdaFunction | None,
    role: ServiceRole | None,
    authorizer: LdapAuthorizer | None,
    direct: Sequence[Contract],
    puts: Puts,
    args: IngestApiArgs,
) -> pulumi.Output[openapi.Integrations]:
    """What the paths hand events to."""
    streams = {contract.source: puts.stream_arns[contract.source] for contract in direct}
    found: pulumi.Output[dict[str, Any]] = pulumi.Output.all(
        ingest_invoke_arn=function.invoke_arn if function else None,
        put_record_uri=arn.service_action(next(iter(streams.values())), "PutRecord") if streams else None,
        put_record_role_arn=role.arn if role else None,
        streams={source: arn.resource_name(stream) for source, stream in streams.items()},
        ldap_invoke_arn=authorizer.invoke_arn if authorizer else None,
        files_invoke_arn=args["file_door"]["invoke_arn"] if "file_door" in args else None,
        stream_service=puts.service,
    )
    return found.apply(lambda values: openapi.Integrations(**values))
