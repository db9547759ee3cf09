"""A menu that passed the check, and what a check finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

MAX_FILE_BYTES = 262_144
MAX_SECTIONS = 50
MAX_ITEMS = 500
MAX_NAME = 200
"""Characters of the names of menu, sections and items."""
MAX_DESCRIPTION = 1000
MAX_LABELS = 20
"""Tags of an item, and its allergens."""
MAX_LABEL = 50
MAX_ID = 200
"""Characters of an item's id: what clickstream's element_clicked takes (sources/clickstream.yaml)."""
MAX_TEXT_BYTES = 25_000
"""A menu's texts in one language, compressed: with markup, style and script, a page stays below 50 KB."""
MAX_STORE = 128
"""Characters of a store's id: what feedback's store_id takes; clickstream's source_menu takes more."""

Texts = Mapping[str, str]
"""A text by language."""
Labels = Mapping[str, tuple[str, ...]]
"""Short texts by language, as many in each."""


@dataclass(frozen=True)
class Rules:
    """What of the storefront a menu is checked by."""

    languages: tuple[str, ...]
    """Languages of the pages; every name must be there in the first."""
    currency: str
    """Code of the prices' currency, as ISO 4217 has it."""

    @property
    def default_language(self) -> str:
        """The language that a text is in where none is said."""
        return self.languages[0]


@dataclass(frozen=True)
class Item:
    """What guests can order."""

    id: str
    """What clicks on it are counted by."""
    name: Texts
    description: Texts
    """Empty where there is none."""
    price: Decimal
    """With as many decimals as its currency has."""
    allergens: Labels
    tags: Labels
    available: bool


@dataclass(frozen=True)
class Section:
    """Items under one heading."""

    title: Texts
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Menu:
    """The menu of a store."""

    title: Texts
    """Empty where the file gives none."""
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, where, and what mends it."""

    place: str
    """A line, and a column or path: `line 7, column price`; empty: the file as a whole."""
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


@dataclass(frozen=True)
class Checked:
    """What became of a file: a menu, or all problems that keep it from being one."""

    menu: Menu | None
    problems: tuple[Problem, ...]
    """Empty exactly where there is a menu."""
    remarks: tuple[str, ...] = ()
    """What is allowed, and may be a mistake."""
