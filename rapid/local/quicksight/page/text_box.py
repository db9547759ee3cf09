"""The texts of a sheet: QuickSight's own markup, as lines of plain text and links.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_SheetTextBox.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from ..answers import TextBox

_BREAKS = frozenset({"br", "p", "block", "li"})


@dataclass(frozen=True)
class Piece:
    """A run of text, and the address that it leads to."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Texts:
    """What the texts of a dashboard say."""

    purpose: str
    """The first line: what the dashboard is for."""
    hints: Sequence[str]
    """The other lines without a link: what to do where there is nothing to see."""
    links: Sequence[Piece]
    """Where one can go from here."""


def read(boxes: Iterable[TextBox]) -> Texts:
    """Read all texts of a sheet."""
    lines = [line for box in boxes for line in _lines(box.text)]
    plain = ["".join(piece.text for piece in line) for line in lines if not any(piece.href for piece in line)]
    links = [piece for line in lines for piece in line if piece.href]
    purpose, *hints = plain or [""]
    return Texts(purpose, hints, links)


def _lines(markup: str) -> list[list[Piece]]:
    try:
        pieces: list[Piece | None] = list(_pieces(ElementTree.fromstring(markup)))
    except ElementTree.ParseError:
        # QuickSight takes a text without markup, too.
        pieces = [Piece(markup)]
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece is None:
            lines.append([])
        elif piece.text.strip():
            lines[-1].append(piece)
    return [line for line in lines if line]


def _pieces(element: ElementTree.Element, href: str | None = None) -> Iterator[Piece | None]:
    """Runs of text in their order; None where a line ends."""
    if element.tag in _BREAKS:
        yield None
    address = element.get("href", "") if element.tag == "a" else ""
    # A page follows no other address, such as one that is a script.
    href = address if address.startswith(("https://", "http://")) else href
    if element.text:
        yield Piece(element.text, href)
    for child in element:
        yield from _pieces(child, href)
        if child.tail:
            yield Piece(child.tail, None if child.tag == "a" else href)
    if element.tag in _BREAKS:
        yield None
