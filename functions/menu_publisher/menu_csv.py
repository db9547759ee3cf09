"""Menus in CSV, as spreadsheets write it: with commas, semicolons or tabs. docs/menus.md has the columns."""

import csv
import io
import re
from collections.abc import Iterator, Mapping

import menu_fields
import menu_texts
from menu_fields import Found
from menu_model import MAX_DESCRIPTION, MAX_NAME, Item, Menu, Problem, Rules, Section

TRANSLATED = ("section", "name", "description", "allergens", "tags")
PLAIN = ("id", "price", "available")
NEEDED = ("section", "id", "name", "price")

_DELIMITERS = (",", ";", "\t")
_LIST = re.compile(r"[,;|]")


def read(content: str, rules: Rules, found: Found) -> tuple[Menu, dict[str, list[str]]] | None:
    """The menu, and the places of each item's id; None where the first line names no columns. Problems are added."""
    delimiter = _delimiter(content)
    rows = _rows(content, delimiter, found)
    columns = _columns(*next(rows, (1, [])), rules, found)
    if columns is None:
        return None
    reader = _Reader(columns, rules, found)
    for line, cells in rows:
        reader.add(line, cells)
    return reader.menu()


def _delimiter(content: str) -> str:
    """What stands between the names of the columns."""
    first = content.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _rows(content: str, delimiter: str, found: Found) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as error:
            found.append(Problem(f"line {line}", f"not CSV: {error}"))
            return
        if cells is None:
            return
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield line, stripped


def _columns(line: int, header: list[str], rules: Rules, found: Found) -> dict[str, int] | None:
    """Where each column is; a text's in the default language by its name alone."""
    columns: dict[str, int] = {}
    for number, title in enumerate(header):
        name = _column(title, rules)
        if name is None:
            reason = (
                f"{menu_fields.shown(title)} is no column; known are {', '.join((*TRANSLATED, *PLAIN))}, and name_de"
            )
            found.append(Problem(f"line {line}, column {number + 1}", reason))
        elif name in columns:
            found.append(
                Problem(f"line {line}, column {number + 1}", f"{menu_fields.shown(title)} is there twice; keep one")
            )
        elif name:
            columns[name] = number
    for name in NEEDED:
        if name not in columns:
            found.append(Problem(f"line {line}", f"there is no column {name}; the first line names the columns"))
    return None if set(NEEDED) - {*columns} else columns


def _column(title: str, rules: Rules) -> str | None:
    """The name of a column; empty for one without a title, None for an unknown one."""
    name, _, language = title.partition("_")
    name = name.lower()
    if not title or (name in (*TRANSLATED, *PLAIN) and not language):
        return name
    if name not in TRANSLATED or not menu_fields.LANGUAGE.fullmatch(language):
        return None
    return name if language == rules.default_language else f"{name}_{language}"


class _Reader:
    def __init__(self, columns: Mapping[str, int], rules: Rules, found: Found) -> None:
        self._columns, self._rules, self._found = columns, rules, found
        self._ids: dict[str, list[str]] = {}
        self._sections: dict[str, tuple[dict[str, str], list[Item]]] = {}
        self._section = ""

    def menu(self) -> tuple[Menu, dict[str, list[str]]]:
        if not self._sections and not self._found:
            self._found.append(Problem("", "there are no items; each line after the first is one"))
        return Menu({}, tuple(Section(title, tuple(items)) for title, items in self._sections.values())), self._ids

    def add(self, line: int, cells: list[str]) -> None:
        """Read a row."""
        for number, cell in enumerate(cells):
            if cell and number not in self._columns.values():
                reason = f"{menu_fields.shown(cell)} is in no column; put texts that hold a delimiter into quotes"
                self._found.append(Problem(f"line {line}, column {number + 1}", reason))
        row = {name: cells[number] if number < len(cells) else "" for name, number in self._columns.items()}
        items = self._items(line, row)
        item = self._item(line, row)
        if item and items is not None:
            items.append(item)

    def _items(self, line: int, row: Mapping[str, str]) -> list[Item] | None:
        """The items of a row's section; a row without one belongs to that of the row above."""
        given = list(self._texts(line, row, "section"))
        title = menu_texts.texts(given, self._found, MAX_NAME)
        named = title.get(self._rules.default_language)
        if not named and not self._section:
            reason = f"missing; the first item needs a section in {self._rules.default_language}"
            self._found.append(Problem(f"line {line}, column section", reason))
            return None
        self._section = named or self._section
        known, items = self._sections.setdefault(self._section, ({}, []))
        for language, text in title.items():
            if known.setdefault(language, text) != text:
                other = f"{menu_fields.shown(text)} here and {menu_fields.shown(known[language])} above"
                reason = f"the section {menu_fields.shown(self._section)} is called {other}"
                self._found.append(Problem(f"line {line}, column section_{language}", reason))
        return items

    def _item(self, line: int, row: Mapping[str, str]) -> Item | None:
        found, rules = self._found, self._rules

        def at(name: str) -> str:
            return f"line {line}, column {name}"

        item_id = menu_fields.item_id(row["id"], at("id"), found)
        if item_id:
            self._ids.setdefault(item_id, []).append(at("id"))
        name = menu_texts.required(self._texts(line, row, "name"), "every item", at("name"), rules, found, MAX_NAME)
        described = self._texts(line, row, "description")
        description = menu_texts.texts(described, found, MAX_DESCRIPTION)
        price = menu_fields.price(row["price"], at("price"), found, rules.currency)
        allergens, tags = (
            menu_texts.labels(
                ((language, place, _LIST.split(cell)) for language, place, cell in self._texts(line, row, name)),
                rules,
                found,
            )
            for name in ("allergens", "tags")
        )
        is_available = menu_fields.available(row.get("available", ""), at("available"), found)
        if item_id is None or price is None:
            return None
        return Item(item_id, name, description, price, allergens, tags, is_available)

    def _texts(self, line: int, row: Mapping[str, str], name: str) -> Iterator[tuple[str, str, str]]:
        for column, cell in row.items():
            of, _, language = column.partition("_")
            if of == name:
                yield language or self._rules.default_language, f"line {line}, column {column}", cell
