"""Answers a browser: the list of dashboards, a dashboard, its data, and the files of its page."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import mimetypes
import threading
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict

from ...service_error import ServiceError
from ..answers import DashboardAnswer, Dashboards
from . import content, selection, text_box

if TYPE_CHECKING:
    from jinja2 import Environment

PATH = "/sn/"
"""Where QuickSight has its pages; no bucket has a name of two letters."""
LIST_PATH = f"{PATH}start/dashboards"
_DASHBOARD_PATH = f"{PATH}dashboards/"
_FILES_PATH = f"{PATH}page/"
_FILES = Path(__file__).resolve().parent / "files"
_LANGUAGES = ("en", "de")
_HTML = "text/html; charset=utf-8"


class DashboardPages:
    """The pages of the deployed dashboards."""

    def __init__(self, dashboards: Dashboards) -> None:
        self._dashboards = dashboards

    def handle(self, request: Request) -> Response:
        """Answer a request under `/sn/`; an error is a page that says what is wrong in a sentence."""
        try:
            return self._answer(request)
        except ServiceError as error:
            if request.path.endswith(("/data", "/refresh")):
                return _json({"message": error.message}, error.http_status)
            return _page("error.html", _reader(request), error.http_status, message=error.message)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(_FILES_PATH):
            return _file(request.path.removeprefix(_FILES_PATH))
        name, _, rest = request.path.removeprefix(_DASHBOARD_PATH).partition("/")
        match request.method, request.path, rest:
            case "GET" | "HEAD", "/sn/start/dashboards" | "/sn/start" | "/sn/", _:
                return self._list(request)
            case "GET" | "HEAD", path, "" if path.startswith(_DASHBOARD_PATH) and name:
                return self._dashboard(unquote(name), request)
            case "GET", path, "data" if path.startswith(_DASHBOARD_PATH):
                return _json(self._content(self._ask(unquote(name), request.args)))
            case "POST", path, "refresh" if path.startswith(_DASHBOARD_PATH):
                _check_from_here(request)
                self._dashboards.refresh(unquote(name))
                return _json({}, 202)
        raise ServiceError(
            "NotFound", f"There is no page {request.path}. The dashboards are listed at {LIST_PATH}.", 404
        )

    def _list(self, request: Request) -> Response:
        as_group = request.args.get(selection.AS_GROUP) or None
        # Who reads the list opens one of them next, and Altair takes its time to load.
        threading.Thread(target=importlib.import_module, args=("altair",), daemon=True).start()
        groups = self._dashboards.groups()
        shown = [
            {
                "href": _address(each.id, as_group),
                "name": each.name,
                "purpose": text_box.read(each.texts).purpose,
            }
            for each in self._dashboards.listed(as_group)
        ]
        return _page("dashboards.html", _reader(request), dashboards=shown, groups=groups, as_group=as_group or "")

    def _dashboard(self, dashboard_id: str, request: Request) -> Response:
        answer = self._ask(dashboard_id, request.args)
        return _page(
            "dashboard.html",
            content.language(answer),
            answer=answer,
            groups=self._dashboards.groups(),
            as_group=request.args.get(selection.AS_GROUP, ""),
            list_href=_address(None, request.args.get(selection.AS_GROUP)),
            data=self._content(answer),
            texts=texts(content.language(answer)),
            purpose=text_box.read(answer.texts).purpose,
        )

    def _ask(self, dashboard_id: str, arguments: MultiDict[str, str]) -> DashboardAnswer:
        def today() -> date:
            """The last day of the dashboard's own dates, which knows the business's time zone."""
            days = self._dashboards.usual_dates(dashboard_id)
            return days[-1] if days else date.today()

        return self._dashboards.answer(dashboard_id, selection.read(arguments, today))

    def _content(self, answer: DashboardAnswer) -> dict[str, Any]:
        return {**content.content(answer), "periods": list(selection.PERIODS)}


def _reader(request: Request) -> str:
    """The language of who reads a page that has no numbers."""
    asked = (language.partition("-")[0] for language in request.accept_languages.values())
    return next((language for language in asked if language in _LANGUAGES), _LANGUAGES[0])


@cache
def texts(language: str) -> dict[str, Any]:
    """The page's own words in a language."""
    found: dict[str, Any] = json.loads((_FILES / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    return found


@cache
def version() -> str:
    """A name for the files as they are: browsers keep them for as long as it stays."""
    contents = b"".join(file.read_bytes() for file in sorted(_FILES.rglob("*")) if file.is_file())
    return hashlib.sha256(contents).hexdigest()[:12]


@cache
def _import_map() -> str:
    """Where modules find `vega-util`, of which Vega's file has what its interpreter needs."""
    return json.dumps({"imports": {"vega-util": f"{_FILES_PATH}{version()}/vega-util.js"}})


@cache
def _security_policy() -> str:
    """Nothing comes from elsewhere, and no script is made of text: Vega's expressions are interpreted."""
    allowed = base64.b64encode(hashlib.sha256(_import_map().encode()).digest()).decode()
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{allowed}'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(template: str, language: str, status: int = 200, **values: Any) -> Response:
    shown = {
        "files": f"{_FILES_PATH}{version()}",
        "import_map": _import_map(),
        "language": language,
        "t": texts(language),
    }
    text = _templates().get_template(template).render(**{**shown, "list_path": LIST_PATH, **values})
    headers = {
        "Content-Security-Policy": _security_policy(),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, status, headers, content_type=_HTML)


def _file(path: str) -> Response:
    """A file of the page, under any version's name."""
    name = path.partition("/")[2]
    file = (_FILES / name).resolve() if "\0" not in name else _FILES
    if not file.is_file() or not file.is_relative_to(_FILES):
        raise ServiceError("NotFound", f"The pages of dashboards have no file {path}", 404)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix == ".js":
        kind = "text/javascript"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(file.read_bytes(), headers=headers, content_type=f"{kind}; charset=utf-8")


def _json(found: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(found), status, {"Cache-Control": "no-store"}, content_type="application/json")


def _address(dashboard_id: str | None, as_group: str | None) -> str:
    path = LIST_PATH if dashboard_id is None else f"{_DASHBOARD_PATH}{dashboard_id}"
    return f"{path}?{urlencode({selection.AS_GROUP: as_group})}" if as_group else path


def _check_from_here(request: Request) -> None:
    """Refuse what a page of another site asks for. Raises ServiceError."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ServiceError("AccessDenied", "Data is imported anew from the dashboard's own page", 403)
