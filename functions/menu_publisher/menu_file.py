"""Reads a menu from the bytes of a file: a menu, or everything that is wrong with it."""

import codecs
import re
import zlib
from collections.abc import Mapping

import menu_csv
import menu_json
from menu_fields import Found, shown
from menu_model import (
    MAX_FILE_BYTES,
    MAX_ITEMS,
    MAX_SECTIONS,
    MAX_TEXT_BYTES,
    Checked,
    Labels,
    Menu,
    Problem,
    Rules,
    Texts,
)

READERS = {"json": menu_json.read, "csv": menu_csv.read}
"""By the ending of a file's name."""

_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE = re.compile(r"line (\d+)")
_SAVE = "save it as UTF-8 (in a spreadsheet: CSV UTF-8)"


def check(content: bytes, ending: str, rules: Rules) -> Checked:
    """What a file with this ending, one of READERS, holds."""
    found: Found = []
    text = _text(content, found)
    read = None if text is None else READERS[ending](text, rules, found)
    if read is None:
        return Checked(None, tuple(found))
    menu, ids = read
    _count(menu, found)
    _weigh(menu, rules, found)
    _refuse_repeats(ids, found)
    if found:
        return Checked(None, tuple(sorted(found, key=_line)))
    return Checked(menu, (), tuple(_remarks(menu, rules)))


def _text(content: bytes, found: Found) -> str | None:
    if len(content) > MAX_FILE_BYTES:
        found.append(Problem("", f"the file has more than {MAX_FILE_BYTES:,} bytes, which is the most"))
        return None
    if content.startswith(_OTHER_ENCODINGS):
        found.append(Problem("", f"the file is UTF-16; {_SAVE}"))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found.append(Problem(f"line {line}", f"the byte 0x{content[error.start]:02x} is not UTF-8; {_SAVE}"))
        return None
    if not text.strip():
        found.append(Problem("", "the file is empty"))
        return None
    return text


def _count(menu: Menu, found: Found) -> None:
    items = sum(len(section.items) for section in menu.sections)
    for count, most, what in ((len(menu.sections), MAX_SECTIONS, "sections"), (items, MAX_ITEMS, "items")):
        if count > most:
            found.append(Problem("", f"the menu has {count} {what}; at most {most} are allowed"))


def _weigh(menu: Menu, rules: Rules, found: Found) -> None:
    for language in rules.languages:
        texts = [text.get(language) or text.get(rules.default_language, "") for text in _texts(menu)]
        texts += [
            text for labels in _labels(menu) for text in labels.get(language) or labels.get(rules.default_language, ())
        ]
        size = len(zlib.compress("\n".join(texts).encode()))
        if size > MAX_TEXT_BYTES:
            reason = f"its texts in {language} are {size:,} bytes, compressed; at most {MAX_TEXT_BYTES:,} are allowed"
            found.append(Problem("", f"{reason}, for guests' phones load them: shorten descriptions"))


def _line(problem: Problem) -> int:
    """Problems of the file as a whole come first."""
    match = _LINE.match(problem.place)
    return int(match[1]) if match else 0


def _texts(menu: Menu) -> list[Texts]:
    items = [item for section in menu.sections for item in section.items]
    titles = [menu.title, *(section.title for section in menu.sections)]
    return titles + [text for item in items for text in (item.name, item.description)]


def _labels(menu: Menu) -> list[Labels]:
    return [labels for section in menu.sections for item in section.items for labels in (item.allergens, item.tags)]


def _refuse_repeats(ids: Mapping[str, list[str]], found: Found) -> None:
    for item_id, (first, *others) in ids.items():
        for place in others:
            found.append(
                Problem(place, f"{shown(item_id)} is an id already, at {first}; every item needs one of its own")
            )


def _remarks(menu: Menu, rules: Rules) -> list[str]:
    """Languages that no page shows, and texts that pages show in the default language."""
    texts = _texts(menu)
    given = {language for by_language in texts for language in by_language}
    remarks = [
        f"texts in {language} are not shown: the storefront's languages are {', '.join(rules.languages)}"
        for language in sorted(given - {*rules.languages})
    ]
    for language in rules.languages[1:]:
        if missing := sum(bool(text) and language not in text for text in texts):
            what = "1 text has" if missing == 1 else f"{missing} texts have"
            remarks.append(f"{what} no {language}: guests see {rules.default_language}")
    return remarks
