"""A compiled contract, as an erasure reads it: the field that names a person."""

from dataclasses import dataclass
from typing import Any

TEXT, WHOLE_NUMBER = "string", "integer"


class UnfitKey(Exception):
    """A field or a value by which nobody can be found; the message says why."""


@dataclass(frozen=True)
class KeyField:
    """The field of a contract that an erasure goes by."""

    name: str
    names: tuple[str, ...]
    """Its name and its aliases, which are the other names that senders use."""
    column: str
    is_number: bool
    is_hashed: bool
    """Whether the tables hold a pseudonym in its place."""


def key_field(document: dict[str, Any], name: str) -> KeyField:
    """A field by its name or an alias of it. Raises UnfitKey."""
    for item in document["fields"]:
        if name in (item["name"], *item["aliases"]):
            if item["kind"] not in (TEXT, WHOLE_NUMBER):
                raise UnfitKey(f"{name!r} is a {item['kind']}; name a field of text or of whole numbers")
            names = (item["name"], *item["aliases"])
            return KeyField(
                item["name"], names, item["column"], item["kind"] == WHOLE_NUMBER, item["column"] in document["hashed"]
            )
    known = ", ".join(item["name"] for item in document["fields"] if item["kind"] in (TEXT, WHOLE_NUMBER))
    raise UnfitKey(f"{document['source']!r} has no field {name!r}; it has {known}")
