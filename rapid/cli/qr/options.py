"""What can be chosen; by itself, so that other commands do not wait for what makes codes."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Page(Enum):
    """Where a code leads."""

    FEEDBACK = "feedback"
    MENU = "menu"


class Format(Enum):
    """What is written."""

    PDF = "pdf"
    SVG = "svg"
    PNG = "png"


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    store: str
    tables: str
    """Empty: the store alone."""
    page: Page
    format: Format
    out: Path | None
    url: str
    """Empty: the address of the deployed storefront."""
    title: str
    """Empty: the business's name."""
    font: Path | None
    """None: the sheet's own."""
