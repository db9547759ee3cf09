"""Texts in several languages: which of them a file may, must and need not give."""

from collections.abc import Iterable

import menu_fields
from menu_fields import Found
from menu_model import Problem, Rules, Texts

Given = tuple[str, str, object]
"""A language, the place where its text stands, and the text."""


def texts(given: Iterable[Given], rules: Rules, found: Found, longest: int) -> Texts:
    """The texts that are not empty, by language."""
    kept = {}
    for language, place, value in given:
        if not menu_fields.LANGUAGE.fullmatch(language):
            found.append(Problem(place, f"{menu_fields.shown(language)} is no code of a language, such as de or pt-BR"))
        elif plain := menu_fields.text(value, place, found, longest):
            kept[language] = plain
    return kept


def required(given: Iterable[Given], what: str, place: str, rules: Rules, found: Found, longest: int) -> Texts:
    """Texts that must be there in the default language; `what` has them, at `place`."""
    before = len(found)
    kept = texts(given, rules, found, longest)
    if rules.default_language not in kept and len(found) == before:
        reason = f"missing; {what} needs one in {rules.default_language}, the storefront's default language"
        found.append(Problem(place, reason))
    return kept


def of(by_language: Texts, language: str, rules: Rules) -> str:
    """The text that a page of a language shows."""
    return by_language.get(language) or by_language.get(rules.default_language, "")
