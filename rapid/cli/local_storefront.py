"""What `rapid local up` shows of a storefront: a menu to look at, and the links that a guest's code has."""

from .console import say
from .menus import check
from .menus.store import Store
from .project import ROOT
from .target import LocalStack

STORE, TABLE = "store1", "table4"
"""Those of the sample events."""
_MENU = ROOT / "examples" / "menus" / "trattoria.json"


class LocalStorefront:
    """The storefront of a stack on the local cloud, if it has one."""

    def __init__(self, stack: LocalStack) -> None:
        self._url: str = (stack.outputs.get("storefront_url") or "").rstrip("/")
        self._store = Store(stack, STORE) if self._url else None
        self._menu_version = ""

    def put_sample_menu(self) -> None:
        """Upload the sample menu, where it is one by the stack's languages and currency."""
        if self._store:
            menu = check.read(_MENU)
            if check.checked_menu(menu.content, menu.ending, self._store.languages, self._store.currency).menu:
                self._menu_version = self._store.upload(menu.content, menu.ending)

    def introduce(self) -> None:
        """Say where guests find the pages. Raises CommandError if the sample menu is not published."""
        if self._store is None:
            return
        say(f"\nThe storefront, as a guest at {TABLE} of {STORE} finds it:\n")
        say(f"{self._url}/?store={STORE}&table={TABLE}")
        if self._menu_version:
            self._store.wait_until_shown(self._menu_version)
            say(f"{self._url}/menu/{STORE}?table={TABLE}")
