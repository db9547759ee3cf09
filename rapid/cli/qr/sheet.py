"""The print sheet: cards on A4, to be cut along the lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from ..errors import CommandError
from .codes import QUIET_ZONE, Code

CODE_MM = 44.0
"""Side of a code with its quiet zone; a phone reads it from half a metre."""
FONT = Path(__file__).parent / "fonts" / "Roboto-Medium.ttf"
"""Letters of Latin, Greek and Cyrillic scripts."""

_COLUMNS, _ROWS = 3, 4
_CARD = (63 * mm, 70 * mm)
_TEXT_WIDTH = 57 * mm
_NAME_SIZES, _LABEL_SIZES, _CALL_SIZES = (12, 9, 8, 7), (16, 9, 8, 7), (9, 8, 7)
"""Points: the first for one line, the others for two, which then keep clear of the quiet zone and of each other."""
_GREY = 0.6


@dataclass(frozen=True)
class Texts:
    """What cards say beside the code."""

    language: str
    business: str
    table: str
    """Such as `Table {table}`."""
    call: str
    """What to do, and why."""

    def label(self, code: Code) -> str:
        """Which table it is; nothing for the store."""
        return "" if code.table is None else self.table.replace("{table}", code.table)


def draw(path: Path, codes: Sequence[Code], texts: Texts, font: Path = FONT) -> int:
    """Write the sheet; the number of its pages. Raises CommandError for letters that the font does not have."""
    name = _register(font, [part for code in codes for part in (texts.business, texts.label(code), texts.call)])
    # Without the time of day: the same codes make the same file.
    canvas = Canvas(str(path), pagesize=A4, invariant=1, lang=texts.language)
    canvas.setTitle(f"{texts.business}: QR codes")
    canvas.setCreator("rapid qr")
    pages = [codes[start : start + _COLUMNS * _ROWS] for start in range(0, len(codes), _COLUMNS * _ROWS)]
    for page in pages:
        _cut_lines(canvas)
        for number, code in enumerate(page):
            _card(canvas, number, code, texts, name)
        canvas.showPage()
    canvas.save()
    return len(pages)


def _register(font: Path, texts: Sequence[str]) -> str:
    """Make a font known; its name."""
    try:
        loaded = TTFont(font.stem, str(font))
    except (TTFError, OSError) as error:
        raise CommandError(f"--font {font}: cannot be used, take a TrueType file (.ttf): {error}") from None
    for text in texts:
        letters = unicodedata.normalize("NFC", text)
        if joined := next((it for it in letters if _is_laid_out(it)), None):
            raise CommandError(
                f"{text!r}: letters such as {joined!r} are written from right to left, or joined, which the sheet "
                "cannot do; take --format svg, and put the codes into a layout of your own"
            )
        if unknown := sorted({it for it in letters if ord(it) not in loaded.face.charToGlyph and it != " "}):
            raise CommandError(
                f"{text!r}: the font {font.name} has no {' '.join(unknown)}; name one that has, "
                "such as --font NotoSansJP-Regular.ttf"
            )
    pdfmetrics.registerFont(loaded)
    return font.stem


def _is_laid_out(letter: str) -> bool:
    """Whether a letter's shape or place depends on its neighbours."""
    return unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.category(letter) in ("Mn", "Mc")


def _margins() -> tuple[float, float]:
    return (A4[0] - _COLUMNS * _CARD[0]) / 2, (A4[1] - _ROWS * _CARD[1]) / 2


def _cut_lines(canvas: Canvas) -> None:
    """Through the whole page, so that a cutting machine finds them at its edge."""
    left, bottom = _margins()
    canvas.saveState()
    canvas.setStrokeGray(_GREY)
    canvas.setLineWidth(0.25)
    canvas.setDash(3, 3)
    for column in range(_COLUMNS + 1):
        canvas.line(left + column * _CARD[0], 0, left + column * _CARD[0], A4[1])
    for row in range(_ROWS + 1):
        canvas.line(0, bottom + row * _CARD[1], A4[0], bottom + row * _CARD[1])
    canvas.restoreState()


def _card(canvas: Canvas, number: int, code: Code, texts: Texts, font: str) -> None:
    left, bottom = _margins()
    row, column = divmod(number, _COLUMNS)
    x, y = left + column * _CARD[0], bottom + (_ROWS - 1 - row) * _CARD[1]
    middle = x + _CARD[0] / 2
    _text(canvas, texts.business, font, _NAME_SIZES, middle, y + 67.5 * mm)
    _modules(canvas, code, middle - CODE_MM * mm / 2, y + 16.5 * mm)
    _text(canvas, texts.label(code), font, _LABEL_SIZES, middle, y + 16.5 * mm)
    _text(canvas, texts.call, font, _CALL_SIZES, middle, y + 9.5 * mm)


def _modules(canvas: Canvas, code: Code, x: float, y: float) -> None:
    """One path for all dark modules, so that no hairline shows between two of them."""
    module = CODE_MM * mm / code.modules
    path = canvas.beginPath()
    for row, line in enumerate(code.symbol.matrix):
        top = y + CODE_MM * mm - (row + QUIET_ZONE) * module
        start = None
        for column, dark in enumerate([*line, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                path.rect(x + (start + QUIET_ZONE) * module, top - module, (column - start) * module, module)
                start = None
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)


def _text(canvas: Canvas, text: str, font: str, sizes: Sequence[int], middle: float, top: float) -> None:
    """Centred, below a height, in the largest size in which it takes two lines at most."""
    normal = unicodedata.normalize("NFC", text)
    for size in sizes:
        lines = simpleSplit(normal, font, size, _TEXT_WIDTH)
        if len(lines) <= (1 if size == sizes[0] else 2) and all(
            _width(line, font, size) <= _TEXT_WIDTH for line in lines
        ):
            break
    else:
        # A word that is longer than a card.
        lines = [normal]
        size = sizes[-1] * min(1, _TEXT_WIDTH / _width(normal, font, sizes[-1]))
    canvas.setFont(font, size)
    for number, line in enumerate(lines):
        canvas.drawCentredString(middle, top - (number + 0.9) * size, line)


def _width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))
