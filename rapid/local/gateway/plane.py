"""The execute-api: requests to deployed REST APIs."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import unquote

from werkzeug import Request, Response

from rapid.cost.prices import GB

from ..billing.meter import METER, Resource
from ..clients import ACCOUNT_ID, Clients
from ..cloudwatch.log_shipper import LogShipper
from ..cloudwatch.metrics import Metrics
from ..iam.authorizer import Authorizer
from ..lambda_runtime import LambdaPlane, StillRunningError
from ..service_error import Protocol as WireProtocol
from ..service_error import ServiceError, error_response
from . import gateway_responses, integrations, lambda_proxy, limits, stages
from .access_log import CheckRole, LoggingSettings
from .api import ApiKeyRequirement, Authorization, AwsAction, LambdaProxy, Method, Mock
from .api_metrics import ApiMetrics
from .context import Address, RequestContext
from .definitions import Definitions
from .gateway_responses import GatewayError
from .iam_authorization import IamAuthorization
from .lambda_authorization import LambdaAuthorization
from .stages import Stage, method_rate
from .throttle import Throttles

_log = logging.getLogger(__name__)
_UNBILLED = (401, 403, 429)
"""API Gateway itself refuses with these, and bills nothing (https://aws.amazon.com/api-gateway/pricing/)."""

_LOCAL_PATH = re.compile(r"/_aws/execute-api/(?P<api>[^/]+)/(?P<stage>[^/]+)(?P<path>/.*)?")
_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\..*")
_HOST_PATH = re.compile(r"/(?P<stage>[^/]+)(?P<path>/.*)?")
_PRINCIPAL = "apigateway.amazonaws.com"


class GatewayPlane:
    """Serves REST APIs as they were deployed; `definitions` is their control plane."""

    def __init__(
        self,
        clients: Clients,
        functions: LambdaPlane,
        services: Mapping[str, integrations.Service],
        check_role: CheckRole,
        authorizer: Authorizer,
        metrics: Metrics,
        is_filtered: Callable[[str, str, str], bool],
    ) -> None:
        """`services` answer the actions of AWS integrations, by the name in their URI.

        `is_filtered` says whether AWS WAF holds back a request to a stage, by ARN, path and where it comes from.
        """
        self.definitions = Definitions(clients, LoggingSettings(clients, check_role))
        self._shipper = LogShipper(clients.of_service(_PRINCIPAL))
        self._services = services
        self._functions = functions
        self._region = clients.region
        self._iam = IamAuthorization(authorizer, clients.region)
        self._authorizers = LambdaAuthorization(functions, clients.region)
        self._throttles = Throttles()
        self._metrics = ApiMetrics(metrics)
        self._is_filtered = is_filtered

    def handle(self, request: Request) -> Response:
        """Answer a request to a stage of an API."""
        refused = limits.refusal(request)
        if refused:
            return refused
        address = _address(request)
        stage = self.definitions.stages.get(address.api_id, address.stage) if address else None
        if address is None or stage is None:
            # There is no API to ask how it words its answers.
            return error_response(ServiceError("ForbiddenException", "Forbidden", 403), WireProtocol.REST_JSON)
        context = RequestContext(
            request,
            address,
            f"{address.api_id}.execute-api.{self._region}.amazonaws.com",
            stage.deployment_id,
        )
        is_billed = True
        try:
            response = self._serve(stage, context)
        except GatewayError as error:
            rendered = gateway_responses.render(error, stage.api.gateway_responses, context)
            response = Response(rendered.body, rendered.status, rendered.headers)
            # What AWS WAF holds back is not among them, whatever status it is given.
            is_billed = response.status_code not in _UNBILLED or error.response_type == "WAF_FILTERED"
        if is_billed:
            METER.count("api_gateway_requests", Resource("apigateway", address.api_id))
        METER.count("data_transfer_out", Resource("apigateway", address.api_id), _length(response) / GB)
        self._metrics.answered(stage, context, response.status_code, time.time() - context.epoch_seconds)
        response.headers["x-amzn-RequestId"] = context.request_id
        response.headers["x-amz-apigw-id"] = context.extended_request_id
        if stage.access_log:
            self._shipper.add(stage.access_log.stream, [stage.access_log.format.line(context, response)])
        return response

    def ship_logs(self) -> None:
        """Store all access log lines so far in CloudWatch Logs now, rather than within half a second."""
        self._shipper.ship()

    def stop(self) -> None:
        """Write no more logs."""
        self._shipper.stop()

    def _serve(self, stage: Stage, context: RequestContext) -> Response:
        request, address = context.request, context.address
        arn = f"arn:aws:apigateway:{self._region}::/restapis/{stage.api_id}/stages/{stage.name}"
        if self._is_filtered(arn, f"/{address.stage}{address.raw_path}", request.remote_addr or ""):
            raise gateway_responses.filtered()
        method = stage.api.methods.get((address.raw_path.rstrip("/") or "/", request.method))
        if method is None:
            raise gateway_responses.missing_authentication_token()
        context.resource_id, context.resource_path = method.resource_id, method.resource_path
        if method.authorization is Authorization.AWS_IAM:
            context.caller = self._iam.admit(context)
        if method.authorizer:
            context.authorizer = self._authorizers.admit(method.authorizer, context)
        self._admit(stage, method, context)
        _validate(method, context)
        started = time.perf_counter()
        try:
            if isinstance(method.integration, Mock):
                return integrations.answer_by_mock(method.integration, context)
            if isinstance(method.integration, AwsAction):
                return integrations.call_action(method.integration, self._services, context)
            return self._call_function(method.integration, stage, method, context)
        finally:
            context.integration_seconds = time.perf_counter() - started

    def _admit(self, stage: Stage, method: Method, context: RequestContext) -> None:
        """Check the key, then the limits of its plan, then those of the stage.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
        """
        place = (stage.api_id, stage.name)
        rate = method_rate(stage.method_rates, method)
        if method.api_key is ApiKeyRequirement.REQUIRED:
            subscription = stage.subscriptions.get(context.header("x-api-key") or "")
            if subscription is None:
                raise gateway_responses.forbidden()
            context.api_key, context.api_key_id = context.header("x-api-key"), subscription.key_id
            plan_key = (subscription.plan_id, subscription.key_id)
            plan_rate = method_rate(subscription.method_rates, method)
            if not (
                self._throttles.within_rate((*plan_key, *place, method.resource_path, method.http_method), plan_rate)
                and self._throttles.within_rate(plan_key, subscription.rate)
            ):
                raise gateway_responses.too_many_requests()
            if not self._throttles.within_quota(plan_key, subscription.quota):
                raise gateway_responses.limit_exceeded()
        if not (
            self._throttles.within_rate((*place, method.resource_path, method.http_method), rate)
            and self._throttles.within_rate(("account",), stages.ACCOUNT_RATE)
        ):
            raise gateway_responses.too_many_requests()

    def _call_function(self, proxy: LambdaProxy, stage: Stage, method: Method, context: RequestContext) -> Response:
        source_arn = (
            f"arn:aws:execute-api:{self._region}:{ACCOUNT_ID}:"
            f"{stage.api_id}/{stage.name}/{method.http_method}{method.resource_path}"
        )
        try:
            if not self._functions.allows(proxy.function_arn, _PRINCIPAL, source_arn):
                _log.error("%s: Invalid permissions on Lambda function %s", source_arn, proxy.function_arn)
                raise gateway_responses.misconfigured()
            event = lambda_proxy.event(context, stage.api.binary_media_types)
            invoked = self._functions.invoke(proxy.function_arn, event, proxy.timeout_seconds)
            context.integration_status = HTTPStatus.OK
        except ServiceError as error:
            context.integration_status = error.http_status
            if error.http_status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise gateway_responses.request_too_large() from None
            _log.error("%s: Lambda invocation failed: %s: %s", source_arn, error.code, error.message)
            raise gateway_responses.misconfigured() from None
        except StillRunningError:
            raise gateway_responses.endpoint_timed_out() from None
        if invoked.function_error:
            raise gateway_responses.bad_gateway()
        return lambda_proxy.response(invoked.payload)


def _length(response: Response) -> int:
    """Bytes of an answer, its headers included."""
    return len(response.get_data()) + len(str(response.headers))


def _validate(method: Method, context: RequestContext) -> None:
    """Check the body by the model of its media type, else by the default one; without either it is not checked."""
    if not method.body_models:
        return
    model = method.body_models.get(context.media_type) or method.body_models.get("$default")
    if model and (faults := model.faults(context.body)):
        raise gateway_responses.invalid_request_body(faults)


def _address(request: Request) -> Address | None:
    """Which stage a request is for: by path here, by host as on AWS."""
    raw = request.environ.get("RAW_URI", request.path).split("?", 1)[0]
    local = _LOCAL_PATH.fullmatch(raw)
    if local:
        return Address(local["api"], local["stage"], unquote(local["path"] or "/"), local["path"] or "/")
    host, path = _HOST.fullmatch(request.host), _HOST_PATH.fullmatch(raw)
    if host and path:
        return Address(host["api"], path["stage"], unquote(path["path"] or "/"), path["path"] or "/")
    return None
