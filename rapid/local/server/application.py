"""Which part of the local cloud answers a request: control, a data plane, a control plane, or moto."""

import io
import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug import Request, Response

from .. import service_error
from ..billing import requests as billed_requests
from ..cloudfront.edge import Edge
from ..iam.authorizer import Authorizer
from ..iam.callers import ACCESS_KEY
from ..iam.signature import claimed_service
from ..moto.services import WsgiApplication
from ..quicksight.page import PATH as DASHBOARDS_PATH
from ..s3.posted_objects import is_posted
from ..service_error import ServiceError
from ..sns import SnsService
from ..sns.mails import PATH as SNS_PATH
from ..vpc import Network
from . import cors
from .control import ControlPlane
from .planes import DataPlane, ServicePlane

_log = logging.getLogger(__name__)

_EXECUTE_API_HOST = re.compile(r"^[a-z0-9]+\.execute-api\.")
_EXECUTE_API_PATH = "/_aws/execute-api/"
_CONTROL_PATH = "/_rapid/"


class Application:
    """The WSGI application of the local cloud."""

    def __init__(
        self,
        moto: WsgiApplication,
        control: ControlPlane,
        authorizer: Authorizer,
        execute_api: DataPlane,
        sns: SnsService,
        services: dict[str, ServicePlane],
        posted_objects: DataPlane,
        edge: Edge,
        network: Network,
        dashboards: DataPlane,
    ) -> None:
        self._moto = moto
        self._control = control
        self._authorizer = authorizer
        self._execute_api = execute_api
        self._sns = sns
        self._services = services
        self._posted_objects = posted_objects
        self._edge = edge
        self._network = network
        self._dashboards = dashboards
        self.is_ending = False
        """Whether the planes are being stopped: what then fails is no fault that anybody could mend."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        # moto wants the path as it was sent, with its percent signs, under this name.
        environ["RAW_URI"] = environ["REQUEST_URI"]
        service = None
        try:
            if self._edge.serves(environ.get("HTTP_HOST", "")):
                return self._edge.handle(Request(environ))(environ, start_response)
            if cors.is_preflight(environ):
                response = cors.preflight(environ)
            elif path.startswith(_EXECUTE_API_PATH) or _EXECUTE_API_HOST.match(environ.get("HTTP_HOST", "")):
                response = self._execute_api.handle(Request(environ))
            elif path.startswith(SNS_PATH):
                response = self._sns.page(Request(environ))
            elif path.startswith(DASHBOARDS_PATH):
                response = self._dashboards.handle(Request(environ))
            elif path.startswith(_CONTROL_PATH):
                response = self._control.handle(Request(environ))
            else:
                service = claimed_service(environ)
                request = Request(environ)
                if service == "s3" and is_posted(request):
                    # What it is signed with stands in the form itself.
                    return self._posted_objects.handle(request)(environ, start_response)
                self._authorizer.admit(request, service)
                self._check_reach(environ, service)
                billed_requests.count(request, service)
                plane = self._services.get(service)
                if plane is None:
                    answer = self._moto(environ, start_response)
                    self._authorizer.answered(request, service)
                    if service == "ec2":
                        self._network.changed()
                    return answer
                response = self._ask(plane, request)
        except ServiceError as error:
            response = self._refuse(error, environ, service)
        except NotImplementedError as error:
            # moto's word for an operation that it does not have.
            missing = ServiceError("NotImplemented", f"The local cloud does not support this: {service}: {error}", 501)
            response = self._refuse(missing, environ, service)
        except Exception:
            if not self.is_ending:
                _log.exception("%s %s failed", environ["REQUEST_METHOD"], path)
            failure = service_error.internal_failure()
            response = self._refuse(failure, environ, service)
        cors.allow(response.headers, environ, service)
        return response(environ, start_response)

    def _check_reach(self, environ: dict[str, Any], service: str) -> None:
        """Refuse a request from inside of a VPC that would not come here. Raises ServiceError."""
        key = environ.get(ACCESS_KEY)
        if key is not None:
            self._network.check(key.credentials.access_key_id, service)

    def _ask(self, plane: ServicePlane, request: Request) -> Response:
        sent = request.get_data()

        def forward(body: bytes | None = None, query: Mapping[str, str] | None = None) -> Response:
            content = sent if body is None else body
            environ = {**request.environ, "wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
            if query is not None:
                environ["QUERY_STRING"] = urlencode(query)
            return Response.from_app(self._moto, environ)

        response = plane.handle(request, forward)
        response.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
        return response

    def _refuse(self, error: ServiceError, environ: dict[str, Any], service: str | None) -> Response:
        return service_error.error_response(error, service_error.protocol_of(Request(environ), service), service)
