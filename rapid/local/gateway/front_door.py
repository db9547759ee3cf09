"""What is refused before it is known which API a request is for: no gateway response words it, and no log has it.

Limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html;
statuses: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from werkzeug import Request, Response

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_URL_CHARACTERS = 10_240
MAX_HEADER_BYTES = 10_240
"""Of the values of all headers together."""


def refusal(request: Request) -> Response | None:
    """The answer to a request that is too large; None if it is not."""
    environ = request.environ
    if len(environ["RAW_URI"]) > MAX_URL_CHARACTERS:
        return _answer(414, f"An HTTP line is larger than {MAX_URL_CHARACTERS} bytes.")
    if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > MAX_HEADER_BYTES:
        return _answer(431, f"HTTP header is larger than {MAX_HEADER_BYTES} bytes.")
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        return _answer(413, f"HTTP content length exceeded {MAX_BODY_BYTES} bytes.")
    return None


def _answer(status: int, message: str) -> Response:
    return Response(message, status, content_type="text; charset=utf-8")
