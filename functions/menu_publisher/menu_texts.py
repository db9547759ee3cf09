"""Texts in several languages: which of them a file may, must and need not give."""

from collections.abc import Iterable

import menu_fields
from menu_fields import Found
from menu_model import Labels, Problem, Rules, Texts

Given = tuple[str, str, object]
"""A language, the place where its text stands, and the text."""


def texts(given: Iterable[Given], found: Found, longest: int) -> Texts:
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
    kept = texts(given, found, longest)
    if rules.default_language not in kept and len(found) == before:
        reason = f"missing; {what} needs one in {rules.default_language}, the storefront's default language"
        found.append(Problem(place, reason))
    return kept


def labels(given: Iterable[tuple[str, str, Iterable[object]]], rules: Rules, found: Found) -> Labels:
    """Tags or allergens by language: a page that shows fewer of them than another would mislead."""
    kept, places = {}, {}
    for language, place, values in given:
        if not menu_fields.LANGUAGE.fullmatch(language):
            found.append(Problem(place, f"{menu_fields.shown(language)} is no code of a language, such as de or pt-BR"))
        elif read := menu_fields.labels(values, place, found):
            kept[language], places[language] = read, place
    default = rules.default_language
    for language, read in kept.items():
        if len(read) != (wanted := len(kept.get(default, ()))):
            reason = f"has {len(read)} in {language}, and {wanted} in {default}; give as many in each language"
            found.append(Problem(places[language], reason))
    return kept
