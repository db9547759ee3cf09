"""Where a file lies in the bucket: `incoming/<source>/<file id>/<file name>`."""

import hashlib
import re
import secrets
import unicodedata

MAX_NAME_LENGTH = 100
_ID_BYTES = 16


def new_id() -> str:
    """The id of a file that nothing else tells from another."""
    return secrets.token_hex(_ID_BYTES)


def repeatable_id(*parts: str) -> str:
    """The id of a file that is the same for the same parts."""
    # Each part's length keeps it from running into the next one.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[: 2 * _ID_BYTES]


def key(source: str, file_id: str, name: str) -> str:
    """The key of a file; `name` is as `safe_name` gives it."""
    return f"incoming/{source}/{file_id}/{name}"


def safe_name(given: str) -> str:
    """A client's name of a file, without its folders, as a name of letters, digits, dots, hyphens and underscores.

    Other characters become underscores; a long name keeps its end, which says what the file is.
    """
    plain = unicodedata.normalize("NFKD", re.split(r"[/\\]", given)[-1])
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return name[-MAX_NAME_LENGTH:].lstrip(".-") or "file"
