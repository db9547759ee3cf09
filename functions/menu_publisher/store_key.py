"""What files and pages of a store are called."""

import re

from menu_file import READERS
from menu_model import MAX_STORE

_STORE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_STORE - 1}}}")
RULE = f"1 to {MAX_STORE} of the characters A-Z a-z 0-9 _ -, not _ or - first"
"""What a store's id is, in words."""
PAGES = "menu/"
"""What the keys of all pages begin with."""


def is_store(text: str) -> bool:
    """Whether a text can be a store's id: it is part of a link, and of a file's name."""
    return bool(_STORE.fullmatch(text))


def store_of(key: str) -> str | None:
    """The store whose menu an object of the menus' bucket is; None where its key is not `<store>.json` or `.csv`."""
    store, _, ending = key.rpartition(".")
    return store if ending in READERS and is_store(store) else None


def keys_of(store: str) -> tuple[str, ...]:
    """The keys that a store's menu may have."""
    return tuple(f"{store}.{ending}" for ending in READERS)


def page_of(store: str, language: str, default_language: str) -> str:
    """The key of a page, which is its path too."""
    return PAGES + store if language == default_language else f"{PAGES}{store}/{language}"


def store_of_page(key: str) -> str:
    """The store that a page is of."""
    return key.removeprefix(PAGES).partition("/")[0]
