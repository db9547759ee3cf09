"""Menus in JSON. docs/menus.md has the format."""

import bisect
import json
import json.scanner
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import menu_fields
import menu_texts
from menu_fields import Found
from menu_model import MAX_DESCRIPTION, MAX_NAME, Item, Menu, Problem, Rules, Section

_MENU = ("title", "sections")
_SECTION = ("title", "items")
_ITEM = ("id", "name", "description", "price", "allergens", "tags", "available")


class _Placed(dict[str, Any]):
    """An object of JSON that knows its line, and which members stand in it twice."""

    line: int
    twice: tuple[str, ...]


def read(content: str, rules: Rules, found: Found) -> tuple[Menu, dict[str, list[str]]] | None:
    """The menu, and the places of each item's id; None where the file is no JSON or no object. Problems are added."""
    try:
        document = _decode(content)
    except json.JSONDecodeError as error:
        found.append(Problem(f"line {error.lineno}, character {error.colno}", f"not JSON: {error.msg}"))
        return None
    except RecursionError:
        found.append(Problem("", "not a menu: lists or objects are nested too deeply"))
        return None
    if not isinstance(document, _Placed):
        found.append(Problem("line 1", 'a menu is an object: {"sections": [...]}'))
        return None
    return _Reader(rules, found).menu(document)


class _Reader:
    def __init__(self, rules: Rules, found: Found) -> None:
        self._rules, self._found = rules, found
        self._ids: dict[str, list[str]] = {}

    def menu(self, document: _Placed) -> tuple[Menu, dict[str, list[str]]]:
        self._members(document, "", _MENU)
        title = menu_texts.texts(self._texts(document, "", "title"), self._found, MAX_NAME)
        listed = self._list(document, "", "sections", "a menu")
        sections = [
            self._section(section, f"sections[{number}]")
            for number, value in enumerate(listed)
            if (section := self._object(value, document, f"sections[{number}]"))
        ]
        return Menu(title, tuple(sections)), self._ids

    def _section(self, section: _Placed, path: str) -> Section:
        self._members(section, path, _SECTION)
        place = _place(section, path, "title")
        given = self._texts(section, path, "title")
        title = menu_texts.required(given, "every section", place, self._rules, self._found, MAX_NAME)
        listed = self._list(section, path, "items", "every section")
        items = [
            self._item(item, f"{path}.items[{number}]")
            for number, value in enumerate(listed)
            if (item := self._object(value, section, f"{path}.items[{number}]"))
        ]
        return Section(title, tuple(item for item in items if item))

    def _item(self, item: _Placed, path: str) -> Item | None:
        found, rules = self._found, self._rules
        self._members(item, path, _ITEM)

        def at(name: str) -> str:
            return _place(item, path, name)

        item_id = menu_fields.item_id(item.get("id", ""), at("id"), found)
        if item_id:
            self._ids.setdefault(item_id, []).append(at("id"))
        given = self._texts(item, path, "name")
        name = menu_texts.required(given, "every item", at("name"), rules, found, MAX_NAME)
        described = self._texts(item, path, "description")
        description = menu_texts.texts(described, found, MAX_DESCRIPTION)
        price = menu_fields.price(item.get("price", ""), at("price"), found, rules.currency)
        allergens, tags = (
            menu_texts.labels(self._labels(item, path, name), rules, found) for name in ("allergens", "tags")
        )
        is_available = menu_fields.available(item.get("available", True), at("available"), found)
        if item_id is None or price is None:
            return None
        return Item(item_id, name, description, price, allergens, tags, is_available)

    def _texts(self, parent: _Placed, path: str, name: str) -> list[menu_texts.Given]:
        """A text by itself is in the default language."""
        value, place = parent.get(name, ""), _place(parent, path, name)
        if isinstance(value, Mapping):
            return [(language, f"{place}.{language}", text) for language, text in value.items()]
        return [(self._rules.default_language, place, value)]

    def _labels(self, parent: _Placed, path: str, name: str) -> list[tuple[str, str, list[Any]]]:
        """A list by itself is in the default language."""
        value, place = parent.get(name, []), _place(parent, path, name)
        by_language = value if isinstance(value, Mapping) else {self._rules.default_language: value}
        given = []
        for language, listed in by_language.items():
            at = f"{place}.{language}" if isinstance(value, Mapping) else place
            if isinstance(listed, list):
                given.append((language, at, listed))
            else:
                self._found.append(Problem(at, 'must be a list, such as ["vegan", "spicy"]'))
        return given

    def _list(self, parent: _Placed, path: str, name: str, what: str) -> list[Any]:
        value = parent.get(name)
        if isinstance(value, list) and value:
            return value
        reason = "missing" if value is None else "empty" if value == [] else "must be a list"
        self._found.append(Problem(_place(parent, path, name), f"{reason}; {what} has a list of {name}"))
        return []

    def _object(self, value: object, parent: _Placed, path: str) -> _Placed | None:
        if isinstance(value, _Placed):
            return value
        self._found.append(Problem(f"line {parent.line}, {path}", f"must be an object, not {menu_fields.shown(value)}"))
        return None

    def _members(self, parent: _Placed, path: str, known: tuple[str, ...]) -> None:
        for name in parent:
            if name not in known:
                reason = f"no such member; known are {', '.join(known)}"
                self._found.append(Problem(_place(parent, path, menu_fields.shown(name)), reason))
        for name in parent.twice:
            self._found.append(Problem(_place(parent, path, menu_fields.shown(name)), "stands here twice; keep one"))


def _place(parent: _Placed, path: str, name: str) -> str:
    return f"line {parent.line}, {path}.{name}" if path else f"line {parent.line}, {name}"


def _decode(content: str) -> object:
    """What JSON says, its objects as _Placed, its numbers as Decimal. Raises JSONDecodeError, RecursionError."""

    def refuse(name: str) -> None:
        raise json.JSONDecodeError(f"{name} is no value of JSON", content, content.find(name))

    decoder: Any = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=refuse)
    ends = [match.start() for match in re.finditer("\n", content)]

    def parse_object(at: tuple[str, int], strict: bool, scan: Any, _hook: Any, _pairs: Any, memo: Any) -> Any:
        pairs, end = json.decoder.JSONObject(at, strict, scan, None, list, memo)  # type: ignore[attr-defined]
        placed = _Placed(pairs)
        placed.line = bisect.bisect(ends, at[1]) + 1
        names = [name for name, _ in pairs]
        placed.twice = tuple(name for name in placed if names.count(name) > 1) if len(names) > len(placed) else ()
        return placed, end

    decoder.parse_object = parse_object
    # The scanner in C takes no function for objects.
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    return decoder.decode(content)
