"""Every answer of the local cloud's own planes is held against the service's model in botocore, in all tests.

`install` lets the local clouds of this process have their answers checked; what is wrong is told, and by default kept
until `take_problems`.
What moto answers, and a plane passes on as it is, is not looked at.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel
from werkzeug import Request, Response

from rapid.local import cloud
from rapid.local.iam import operations
from rapid.local.iam.signature import claimed_service
from rapid.local.server.application import Application
from rapid.local.server.planes import Forward, ServicePlane
from rapid.local.service_error import MODELS, ServiceError
from rapid.local.service_models import loader

from .response_shapes import Question, problems

_problems: list[str] = []
keep = _problems.append
_tell: Callable[[str], object] = keep


def install(tell: Callable[[str], object] = keep) -> None:
    """Check the answers of all local clouds that this process starts from now on, and tell what is wrong."""
    global _tell
    _tell = tell
    cloud.Application = CheckedApplication  # type: ignore[misc]


def take_problems() -> list[str]:
    """What has been wrong since the last time."""
    taken = list(dict.fromkeys(_problems))
    del _problems[:]
    return taken


class CheckedApplication(Application):
    """The local cloud's application, with its own answers checked."""

    def _ask(self, plane: ServicePlane, request: Request) -> Response:
        forwarded: list[Response] = []
        handle = partial(_remembering, plane.handle, forwarded)
        answer = super()._ask(SimpleNamespace(handle=handle), request)
        check(claimed_service(request.environ), request, answer, forwarded)
        return answer

    def _refuse(self, error: ServiceError, environ: dict[str, Any], service: str | None) -> Response:
        request = environ.get("werkzeug.request") or Request(environ)
        answer = super()._refuse(error, environ, service)
        if service is not None:
            check(service, request, answer)
        return answer


def checked(service: str, handle: Callable[..., Response]) -> Callable[..., Response]:
    """A plane's `handle` with its answers checked, for tests that ask a plane without a local cloud."""

    def handle_and_check(request: Request, *forwards: Forward) -> Response:
        forwarded: list[Response] = []
        answer = _remembering(handle, forwarded, request, *forwards)
        check(service, request, answer, forwarded)
        return answer

    return handle_and_check


def _remembering(
    handle: Callable[..., Response], forwarded: list[Response], request: Request, *forwards: Forward
) -> Response:
    def remembering(forward: Forward) -> Forward:
        def remembered(*arguments: Any, **options: Any) -> Response:
            answer = forward(*arguments, **options)
            forwarded.append(Response(answer.get_data(), answer.status_code))
            return answer

        return remembered

    return handle(request, *map(remembering, forwards))


def check(service: str, request: Request, answer: Response, forwarded: Sequence[Response] = ()) -> None:
    """Tell what is wrong with the answer of the service with this signing name, unless it is moto's as it was."""
    if any(answer.get_data() == moto.get_data() and answer.status_code == moto.status_code for moto in forwarded):
        return
    model = _model(MODELS.get(service, service))
    if model is None:
        return
    target = request.headers.get("X-Amz-Target")
    protocol = "json" if target else model.resolved_protocol
    if target and "json" not in model.metadata["protocols"]:
        # Nothing in an unsigned request says which service its operation belongs to.
        return
    name = target.rpartition(".")[2] if target else _operation_name(service, protocol, request)
    operation = model.operation_model(name) if name in model.operation_names else None
    for problem in problems(Question(model, protocol, operation), answer):
        _tell(f"{service} {name}: {problem}")


def _operation_name(service: str, protocol: str, request: Request) -> str | None:
    if protocol in ("query", "ec2"):
        form = parse_qsl(request.get_data(as_text=True)) + list(request.args.items())
        return dict(form).get("Action")
    found = operations.rest_operation(service, request)
    return found[0] if found else None


@cache
def _model(name: str) -> ServiceModel | None:
    """The model of a service; None where there is no such service, as an unsigned request may name none."""
    try:
        return ServiceModel(loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None
