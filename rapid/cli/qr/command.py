"""The command: from a store and its tables to files."""

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from .. import project, target
from ..console import number_of, progress_bar, say, say_error
from ..errors import CommandError
from ..stack_settings import StackSettings, settings_of
from . import tables as table_names
from .codes import QUIET_ZONE, Code, codes, file_name
from .options import Format, Options, Page

if TYPE_CHECKING:
    from .sheet import Texts

SIDE_MM = 50.0
"""Side of a code in a file of its own, at its natural size."""
MOST_STEM_CHARACTERS = 240
"""Of a file's name: with an ending, and what a file has that is not whole yet, below 255."""
_MM_PER_INCH = 25.4
_DOTS_PER_MM = 600 / _MM_PER_INCH
"""Of a picture: what a laser printer has."""


def run(options: Options) -> int:
    """Write the codes; returns the exit status. Raises CommandError."""
    tables = table_names.named(options.tables) if options.tables else ()
    if options.url:
        url, settings = _address(options.url), settings_of()
    else:
        url, settings = _deployed()
    try:
        if options.format is Format.PDF:
            _write_sheet(options, url, tables, settings)
        else:
            _write_files(options, codes(url, options.page, options.store, tables, SIDE_MM))
    except OSError as error:
        place = error.filename or options.out or _default_out(options)  # A disk that is full names none.
        raise CommandError(f"{place} cannot be written: {error.strerror}; name another place with --out") from None
    _say_how_long_they_last(url)
    return 0


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname and f"{parts.hostname}{'' if parts.port is None else f':{parts.port}'}"
    except ValueError:
        host = None
    if not host or url.rstrip("/").lower() not in (f"http://{host}", f"https://{host}"):
        raise CommandError(f"--url {url!r}: must be https:// and a host, such as https://guests.example.com")
    return url.rstrip("/")


def _deployed() -> tuple[str, StackSettings]:
    """The storefront's address, and the configuration of its stack."""
    stack = target.find()
    outputs = stack.masked_outputs
    if not outputs.get("storefront_url"):
        raise CommandError(
            "the stack has no storefront; set its config keys storefront and business_name and deploy it, "
            "or name the address: --url https://guests.example.com"
        )
    return str(outputs["storefront_url"]).rstrip("/"), settings_of(str(outputs.get("stack_tag", "")).rpartition("/")[2])


def _write_sheet(options: Options, url: str, tables: tuple[str, ...], settings: StackSettings) -> None:
    from . import sheet

    business = options.title or settings.get("business_name")
    if not business:
        raise CommandError(
            f"stack {settings.stack} has no business_name, which the cards show; set it by "
            "`pulumi config set business_name NAME`, or give --title NAME"
        )
    made = codes(url, options.page, options.store, tables, sheet.CODE_MM)
    path = options.out or Path(f"{_default_out(options)}.pdf")
    if path.is_dir():
        raise CommandError(f"--out {path}: is a folder; name a file, such as {path / 'codes.pdf'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = _texts(settings, business, options.page)
    pages = _replacing(path, lambda file: sheet.draw(file, made, texts, options.font or sheet.FONT))
    say(f"{number_of(len(made), 'code')} on {number_of(pages, 'page')} of A4: {path}")
    say("Print at 100 percent, not fitted to the page; scan one before cutting.")


def _texts(settings: StackSettings, business: str, page: Page) -> "Texts":
    """What cards say, in the first language of the pages."""
    from .sheet import Texts

    language = (settings.get("languages") or "en").split(",")[0].strip()
    file = Path("web", "languages", f"{language}.json")
    try:
        said = json.loads((project.ROOT / file).read_text(encoding="utf-8"))["print"]
        return Texts(language, business, said["table"], said[page.value])
    except FileNotFoundError:
        raise CommandError(f"there is no {file}, which has the words of cards in {language!r}; write it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{file}: has no text print.table and print.{page.value} that can be read: {error}"
        ) from None


def _write_files(options: Options, made: list[Code]) -> None:
    folder = options.out or Path(_default_out(options))
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"--out {folder}: is a file; name a folder for the codes, one file a table")
    _require_a_file_each(made)
    folder.mkdir(parents=True, exist_ok=True)
    with progress_bar(f"Writing to {folder}", len(made)) as advanced:
        for number, code in enumerate(made, 1):
            _replacing(folder / f"{code.file_stem}.{options.format.value}", partial(_WRITERS[options.format], code))
            advanced(number)
    say(f"{number_of(len(made), 'file')} in {folder}, each {SIDE_MM:.0f} mm wide with its white margin.")


def _require_a_file_each(made: list[Code]) -> None:
    """File systems take 255 bytes a name, and those of macOS and Windows hold `A1` and `a1` for one."""
    found: dict[str, Code] = {}
    for code in made:
        other = found.setdefault(code.file_stem.lower(), code)
        if other is not code:
            raise CommandError(
                f"--tables: tables {other.table!r} and {code.table!r} would be one file on macOS and Windows; "
                "write them in two calls, each with an --out of its own, or take --format pdf"
            )
        if len(code.file_stem) > MOST_STEM_CHARACTERS:
            raise CommandError(
                f"--tables: {code.table!r} makes too long a file name; take a shorter one, or --format pdf"
            )


def _default_out(options: Options) -> str:
    return f"qr-{file_name(options.store)}-{options.page.value}"


def _svg(code: Code, path: Path) -> None:
    with path.open("wb") as file:
        code.symbol.save(
            file, kind="svg", scale=SIDE_MM / code.modules, unit="mm", border=QUIET_ZONE, light="#fff", title=code.link
        )


def _png(code: Code, path: Path) -> None:
    dots = math.ceil(SIDE_MM * _DOTS_PER_MM / code.modules)
    with path.open("wb") as file:
        code.symbol.save(
            file, kind="png", scale=dots, border=QUIET_ZONE, dpi=round(dots * code.modules / SIDE_MM * _MM_PER_INCH)
        )


_WRITERS = {Format.SVG: _svg, Format.PNG: _png}
_Result = TypeVar("_Result")


def _replacing(path: Path, write: Callable[[Path], _Result]) -> _Result:
    """Write a file whole or not at all, in place of one that is there."""
    part = path.with_name(f".{path.name}.part")
    try:
        result = write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return result


def _say_how_long_they_last(url: str) -> None:
    host = urlsplit(url).hostname or ""
    if host.endswith(".cloudfront.net"):
        say_error(
            f"note: {host} is CloudFront's own name of this distribution: when that is deleted, printed codes lead "
            "nowhere. Before printing, set storefront_domain: docs/qr.md."
        )
    elif host.endswith("localhost") or host == "127.0.0.1":
        say_error(f"note: {host} is on this machine alone: a phone does not reach it. Do not print these.")
