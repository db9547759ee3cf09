"""The names of a file's columns: what a contract may call them, and which of its fields they are."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
"""What a contract allows as the name of a field."""
_RESERVED = ("extra", "received_at", "ingest_id", "datehour")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"}
)


def field_name(name: str) -> str:
    """A column's name as a contract can hold it: itself if it can, else in small letters, digits and underscores."""
    if FIELD_NAME.fullmatch(name):
        return f"{name}_" if name.lower() in _RESERVED else name
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:120] or "column"
    if plain[0].isdigit():
        plain = f"_{plain}"
    return f"{plain}_" if plain in _RESERVED else plain


def unique(names: Iterable[str]) -> list[str]:
    """Names as a header gives them, told apart: one without text is named by its place, a repeated one numbered."""
    given = [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]
    taken: set[str] = set()
    return [_free(name, taken) for name in given]


def field_names(names: Iterable[str]) -> dict[str, str]:
    """The field of each column, no two alike, in whatever letters."""
    names = list(names)
    taken: set[str] = set()
    # A name that can stay as it is goes before those that become it.
    fields = {name: _free(field_name(name), taken) for name in sorted(names, key=lambda name: field_name(name) != name)}
    return {name: fields[name] for name in names}


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free.lower())
    return free


def matched(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The columns that are fields: a name of the file, and the name of a field or an alias that it stands for.

    A column is the field that it is called; else the one whose name differs in case, spaces, dashes and the like only,
    unless another column is that field already.
    """
    names, known = list(names), list(known)
    found = {name: name for name in names if name in set(known)}
    fields = field_names(names)
    for form in (str.lower, _bare):
        targets = _unambiguous(known, form)
        for name in names:
            target = targets.get(form(fields[name]))
            if name not in found and target is not None and target not in found.values():
                found[name] = target
    return found


def renamed(found: Mapping[str, str]) -> list[str]:
    """Sentences about columns that are not called as the field that they are."""
    return [f"the column {name!r} was read as the field {target!r}" for name, target in found.items() if name != target]


def _unambiguous(known: list[str], form: Callable[[str], str]) -> dict[str, str]:
    forms: dict[str, list[str]] = {}
    for name in known:
        forms.setdefault(form(name), []).append(name)
    return {key: targets[0] for key, targets in forms.items() if len(targets) == 1}


def _bare(name: str) -> str:
    return name.lower().replace("_", "")
