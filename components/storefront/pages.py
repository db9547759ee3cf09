"""The storefront's site, made of the folder `web/`: pages by language, and assets whose names tell their content.

What is in `web/`:

- `feedback.html`, `menu.html`, `not-found.html`, `survey.html`: templates. `{{name}}` stands for a value, which is
  escaped, in text or in an attribute in quotation marks:
  `{{business_name}}`, `{{language}}` (code of the page's language), `{{brand_color}}`, `{{currency}}`,
  `{{text.<section>.<key>}}` (a text of the page's language), `{{languages}}` (links to the page in every language, one
  of them with `aria-current="page"`; nothing where there is one language; not in `menu.html`, since who publishes a
  menu knows the links), and, in `<script type="application/json" id="settings">{{settings}}</script>`, the page's
  settings.
- `languages/<code>.json`: texts of a language, `{"language_name": …, "<section>": {"<key>": …}}`. `{business_name}` in
  a text stands for the name of the business. Section `script` is what scripts show: a page's part, called as its
  template, is `texts` in its settings.
- every other file: an asset. Pages, assets and service worker name it `/assets/<file>`, which becomes
  `/assets/<name>.<first 12 hexadecimal digits of its SHA-256>.<suffix>`. `/assets/brand.css` is made: it sets the CSS
  variable `--brand`.
- `service-worker.js`: the same, but it keeps its name, as browsers want it: `/service-worker.js`.

The settings are `{"language", "languages": {code: URL path of the page in it}, "currency", "texts",
"send": {source: way}}`, where a way is `{"url"}` or `{"identityPoolId", "stream", "endpoints"?}` (sending.py).
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pulumi

from components.storefront.settings import StorefrontSettings

WEB = Path(__file__).parents[2] / "web"
"""Where the site's files are."""

PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=86400, must-revalidate"
"""Browsers ask again by ETag; CloudFront keeps a page until it is invalidated."""
NOT_FOUND_CACHE_CONTROL = "public, max-age=0, must-revalidate"
"""CloudFront keeps an error for as long as its page says, if that is longer than what the distribution says:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html"""
ASSET_CACHE_CONTROL = "public, max-age=31536000, immutable"
"""What has another content has another name."""
HTML = "text/html; charset=utf-8"
ROOT = "index.html"
"""Key of the form in the default language."""
SURVEY_PATH = "/survey"
"""URL path of the satisfaction survey in the default language; in others, their code follows."""
NOT_FOUND = "not-found"
"""Key of the page for what there is not."""

_ROOTS = {"feedback": "", "survey": SURVEY_PATH}
"""URL path of each page that is there in every language, but for the code."""
_WORKER = "service-worker.js"
_BRAND = "brand.css"
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_REFERENCE = re.compile(r"/assets/([A-Za-z0-9._-]+)")
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_CODE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_SETTINGS = "settings"
_FRAGMENTS = {"languages"}
"""Values that are HTML already."""

Ways = Mapping[str, Mapping[str, Any]]
"""How the pages send to each source."""


class SiteError(pulumi.RunError):
    """A file of `web/` that cannot be used. The message names the file, the place in it and the fix."""


@dataclass(frozen=True)
class Asset:
    """A file that is the same for all, under a name that tells its content."""

    file: str
    """Its name in `web/`, such as `form.js`."""
    key: str
    """Its key in the bucket."""
    content: str
    content_type: str
    cache_control: str = ASSET_CACHE_CONTROL

    @property
    def named_by_content(self) -> bool:
        """Whether another content has another key."""
        return self.file != _WORKER

    @property
    def path(self) -> str:
        """Its path in URLs."""
        return f"/{self.key}"


@dataclass(frozen=True)
class Page:
    """A page of one language, whole but for its settings, which are known once the stack is deployed."""

    key: str
    """Its key in the bucket."""
    name: str
    """Name of its template and its language, such as `feedback-de`."""
    parts: tuple[str, ...]
    """HTML before, between and after the settings."""
    settings: Mapping[str, object]
    """Its settings, but for `send`."""

    @property
    def cache_control(self) -> str:
        """How long it is kept, where."""
        return NOT_FOUND_CACHE_CONTROL if self.key == NOT_FOUND else PAGE_CACHE_CONTROL

    def html(self, ways: Ways) -> str:
        """The page of a stack."""
        # Nothing in it may end the script element or begin a comment: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
        block = json.dumps({**self.settings, "send": dict(ways)}, ensure_ascii=False, separators=(",", ":"))
        return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", block).join(self.parts)


class Site:
    """The pages and assets of one business."""

    def __init__(self, settings: StorefrontSettings, web: Path = WEB, *, has_survey: bool = False) -> None:
        """Read the folder `web` and make everything, the satisfaction survey if asked for. Raises SiteError."""
        self._settings, self._web = settings, web
        self._texts = {code: self._language(code) for code in settings.languages}
        self._require_same_texts()
        self._made: dict[str, Asset] = {}
        for file in self._files:
            self._asset(file, ())
        self.assets = tuple(self._made[file] for file in sorted(self._made))
        """Every asset, and the service worker."""
        self.pages = (
            *(self._page("feedback", code) for code in settings.languages),
            *(self._page("survey", code) for code in settings.languages if has_survey),
            self._page(NOT_FOUND, self._default),
        )
        """The feedback form and the survey in each language, and the page for what there is not."""
        self.menu_frames = {code: self._page("menu", code) for code in settings.languages}
        """By language the page that a menu is put into; `key` has no meaning."""

    @property
    def _default(self) -> str:
        return self._settings.languages[0]

    @cached_property
    def _files(self) -> Mapping[str, str]:
        """The content of every asset, as it is in the folder, and of what is made."""
        found = {_BRAND: f":root{{--brand:{self._settings.brand_color}}}\n"}
        for file in sorted(self._web.iterdir()):
            if (file.is_dir() and file.name == "languages") or file.suffix == ".html":
                continue
            if file.is_dir() or file.suffix not in _CONTENT_TYPES:
                kinds = ", ".join(sorted(_CONTENT_TYPES))
                raise SiteError(
                    f"{_shown(file)}: is not one of {kinds} or .html, which pages are made of; take it away"
                )
            if file.name == _BRAND:
                raise SiteError(f"{_shown(file)}: is made from the config key brand_color; call it something else")
            found[file.name] = file.read_text(encoding="utf-8")
        return found

    def _asset(self, file: str, on_the_way: tuple[str, ...]) -> Asset:
        if file in on_the_way:
            raise SiteError(
                f"{_shown(self._web / on_the_way[-1])}: names /assets/{file}, which names it again; "
                "a name that tells the content cannot be in that content; take one of the two away"
            )
        if file not in self._made:
            stem, suffix = Path(file).stem, Path(file).suffix
            content, content_type = self._named(self._files[file], file, (*on_the_way, file)), _CONTENT_TYPES[suffix]
            if file == _WORKER:
                self._made[file] = Asset(file, file, content, content_type, PAGE_CACHE_CONTROL)
            else:
                digest = hashlib.sha256(content.encode()).hexdigest()[:12]
                self._made[file] = Asset(file, f"assets/{stem}.{digest}{suffix}", content, content_type)
        return self._made[file]

    def _named(self, text: str, file: str, on_the_way: tuple[str, ...] = ()) -> str:
        """Put the name that tells the content for each asset that a file names."""

        def name(found: re.Match[str]) -> str:
            if found[1] not in self._files or found[1] == _WORKER:
                raise SiteError(
                    f"{_shown(self._web / file)}: names {found[0]}, which is not in {_shown(self._web)}; "
                    f"there are {', '.join(sorted({*self._files} - {_WORKER}))}"
                )
            return self._asset(found[1], on_the_way).path

        return _REFERENCE.sub(name, text)

    def _language(self, code: str) -> Mapping[str, Any]:
        file = self._language_file(code)
        try:
            texts = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SiteError(f"{_shown(file)}: {error.strerror}; the config key languages has {code}") from None
        except ValueError as error:
            raise SiteError(f"{_shown(file)}: is not JSON: {error}") from None
        return self._flat(file, "", texts)

    def _flat(self, file: Path, place: str, texts: object) -> dict[str, str]:
        if isinstance(texts, str) and texts and place:
            return {place: texts.replace("{business_name}", self._settings.business_name)}
        if isinstance(texts, dict):
            found: dict[str, str] = {}
            for key, inner in texts.items():
                found |= self._flat(file, f"{place}.{key}".lstrip("."), inner)
            return found
        raise SiteError(
            f"{_shown(file)}: {place or 'the whole'} must be {'a text, or ' if place else ''}an object of texts"
        )

    def _language_file(self, code: str) -> Path:
        return self._web / "languages" / f"{code}.json"

    def _require_same_texts(self) -> None:
        """A text that one language has and another has not would be found by a guest."""
        for code, texts in self._texts.items():
            for other, others in self._texts.items():
                for key in sorted(others.keys() - texts.keys()):
                    has = _shown(self._language_file(other))
                    raise SiteError(f"{_shown(self._language_file(code))}: has no text {key}, which {has} has; add it")
            if "language_name" not in texts:
                raise SiteError(
                    f"{_shown(self._language_file(code))}: has no text language_name, such as English; add it"
                )

    def _page(self, template: str, code: str) -> Page:
        file = self._web / f"{template}.html"
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise SiteError(f"{_shown(file)}: {error.strerror}") from None
        _require_safe_places(file, text)
        values: dict[str, str] = {
            "business_name": self._settings.business_name,
            "language": code,
            "brand_color": self._settings.brand_color,
            "currency": self._settings.currency,
            **{f"text.{key}": found for key, found in self._texts[code].items()},
        }
        if template != "menu":
            values["languages"] = self._links(template, code)
        parts, end = [""], 0
        text = self._named(text, file.name)
        for place in _PLACE.finditer(text):
            parts[-1] += text[end : place.start()]
            end = place.end()
            if place[1] == _SETTINGS:
                parts.append("")
            elif place[1] in values:
                found = values[place[1]]
                parts[-1] += found if place[1] in _FRAGMENTS else html.escape(found)
            else:
                raise SiteError(self._unknown(file, code, place[1], values))
        parts[-1] += text[end:]
        script = _nested(self._texts[code]).get("script", {})
        settings = {
            "language": code,
            "languages": {each: self._path(template, each) for each in self._settings.languages},
            "currency": self._settings.currency,
            "texts": {template: shown} if (shown := script.get(template)) else {},
        }
        key = self._path(template, code).lstrip("/") or ROOT if template in _ROOTS else template
        return Page(key, f"{template}-{code}", tuple(parts), settings)

    def _unknown(self, file: Path, code: str, name: str, values: Mapping[str, str]) -> str:
        if name.startswith("text."):
            return (
                f"{_shown(self._language_file(code))}: has no text {name.removeprefix('text.')}, "
                f"which {_shown(file)} asks for; add it to every language"
            )
        known = [value for value in values if not value.startswith("text.")]
        return (
            f"{_shown(file)}: {{{{{name}}}}} stands for nothing; there are {', '.join(known)}, settings and text.<key>"
        )

    def _path(self, template: str, code: str) -> str:
        root = _ROOTS.get(template, "")
        return root or "/" if code == self._default else f"{root}/{code}"

    def _links(self, template: str, current: str) -> str:
        codes = self._settings.languages
        if len(codes) == 1:
            return ""
        marks = {current: ' aria-current="page"'}
        return " ".join(self._link(self._path(template, code), code, marks.get(code, "")) for code in codes)

    def _link(self, to: str, code: str, more: str) -> str:
        path, tag, name = map(html.escape, (to, code, self._texts[code]["language_name"]))
        return f'<a href="{path}" lang="{tag}" hreflang="{tag}"{more}>{name}</a>'


def _nested(texts: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place, text in texts.items():
        *above, key = place.split(".")
        inner = found
        for name in above:
            inner = inner.setdefault(name, {})
        inner[key] = text
    return found


def _require_safe_places(file: Path, text: str) -> None:
    """Escaping holds in text and in quoted attributes alone."""
    if found := re.search(r"=\s*\{\{[^}]*\}\}", text):
        raise SiteError(f"{_shown(file)}: {found[0]} is an attribute's value without quotation marks; put it into some")
    for code in _CODE.finditer(text):
        for place in _PLACE.finditer(code[2]):
            if (
                place[1] != _SETTINGS
                or code[1].lower() == "style"
                or "application/json" not in code[0].partition(">")[0]
            ):
                raise SiteError(
                    f"{_shown(file)}: {place[0]} is inside of <{code[1]}>, where values cannot be escaped; "
                    "scripts find what they need in the settings"
                )


def _shown(file: Path) -> str:
    return file.relative_to(WEB.parent).as_posix() if file.is_relative_to(WEB.parent) else str(file)
