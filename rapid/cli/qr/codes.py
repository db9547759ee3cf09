"""A code and the link in it."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

import segno

from .. import project
from ..errors import CommandError
from ..menus.menu_code import module
from .options import Page

QUIET_ZONE = 4
"""Modules that stay white on each side: ISO/IEC 18004, https://www.qrcode.com/en/howto/code.html"""
LEVEL = "m"
"""Error correction: 15 percent of a code may be stained, which is the level that is chosen most
(https://www.qrcode.com/en/about/error_correction.html). A higher one is taken where it costs no larger code."""
LEAST_MODULE_MM = 0.42
"""Side of a module: five dots of a printer of 300 dpi (https://www.qrcode.com/en/howto/cell.html)."""


@dataclass(frozen=True)
class Code:
    """The code of one table, or of the whole store."""

    table: str | None
    """None: of the store."""
    link: str

    @cached_property
    def symbol(self) -> segno.QRCode:
        """Its modules."""
        return segno.make(self.link, error=LEVEL, micro=False)

    @property
    def modules(self) -> int:
        """Modules on a side, with the quiet zone."""
        return int(self.symbol.symbol_size(border=QUIET_ZONE)[0])

    @property
    def file_stem(self) -> str:
        """Its file's name without ending: one that no other code has."""
        return "store" if self.table is None else f"table-{file_name(self.table)}"


def file_name(text: str) -> str:
    """A name that every file system takes, whatever a store's or a table's holds; no other text has the same."""
    return quote(text, safe=" ")


def codes(url: str, page: Page, store: str, tables: tuple[str, ...], side_mm: float) -> list[Code]:
    """The code of each table, and then of the store.

    Raises CommandError for a store or a table that the form's contract would refuse, and for a link that is too long
    for a code with this side.
    """
    _require(store, "--store", "store_id")
    if page is Page.MENU and not module("store_key").is_store(store):
        raise CommandError(f"--store {store!r}: a store with a menu is {module('store_key').RULE}")
    for table in tables:
        _require(table, "--tables", "table_id")
    made = [Code(table, _link(url, page, store, table)) for table in (*tables, None)]
    for code in made:
        _require_legible(code, side_mm)
    return made


def _link(url: str, page: Page, store: str, table: str | None) -> str:
    at_table = {} if table is None else {"table": table}
    if page is Page.MENU:
        query = urlencode(at_table, quote_via=quote)
        return f"{url}/menu/{quote(store, safe='')}{'?' if query else ''}{query}"
    return f"{url}/?{urlencode({'store': store, **at_table}, quote_via=quote)}"


def _require(value: str, option: str, name: str) -> None:
    """Hold a value against the contract of what the form sends."""
    limits = {field.name: field.max_length for field in project.contract_of("feedback").fields}
    most = limits.get(name) or len(value)
    if not 1 <= len(value) <= most:
        raise CommandError(f"{option}: {value!r} has {len(value)} characters; {name} of feedback takes 1 to {most}")
    if value != value.strip() or not value.isprintable():
        raise CommandError(f"{option}: {value!r} must be in one line, without spaces around it")


def _require_legible(code: Code, side_mm: float) -> None:
    try:
        module_mm = side_mm / code.modules
    except segno.DataOverflowError:
        module_mm = 0
    if module_mm < LEAST_MODULE_MM:
        of = "of the store" if code.table is None else f"of table {code.table!r}"
        raise CommandError(
            f"the link {of} has {len(code.link)} characters, too many for a code of {side_mm:.0f} mm that phones read; "
            "take a shorter name for the store or the table"
        )
