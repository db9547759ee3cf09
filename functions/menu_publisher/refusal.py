"""The mail that tells why a menu was not published."""

from collections.abc import Sequence

from menu_model import Problem
from menus_bucket import Version
from store_key import RULE, store_of

MAX_SUBJECT = 100
"""https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: printable ASCII, less than 100 characters."""
MAX_TOLD = 100


def subject(key: str) -> str:
    """What the mail is about."""
    plain = "".join(each if " " <= each <= "~" else "?" for each in key)
    return f"Menu not published: {plain}"[: MAX_SUBJECT - 1]


def of_key(key: str) -> str:
    """Of a file whose name names no store."""
    return (
        f"{key}\nis in the bucket of menus, and is no store's menu. A menu is called <store>.json or <store>.csv, the "
        f"store as in links and QR codes: {RULE}.\n\nUpload it again under such a name."
    )


def of_version(version: Version, problems: Sequence[Problem]) -> str:
    """Of a file with problems."""
    store = store_of(version.key)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    told = [f"- {problem}" for problem in problems[:MAX_TOLD]]
    if len(problems) > MAX_TOLD:
        told.append(f"- and {len(problems) - MAX_TOLD} more")
    return "\n".join(
        (
            f"{version.key} was not published. What guests see of this store is as it was before.",
            "",
            f"{count}:",
            *told,
            "",
            "Mend the file, and upload it again. Before an upload, `rapid menu check FILE` says the same.",
            f"To put back the menu that guests see: rapid menu rollback --store {store}",
            f"Version of the file: {version.id}",
        )
    )
