"""The code of functions/menu_publisher: a menu is checked here as it is there, by the same lines."""

import importlib
import sys
from functools import cache
from typing import Any

from ..project import ROOT

DIRECTORY = ROOT / "functions" / "menu_publisher"


@cache
def module(name: str) -> Any:
    """One of its modules. They import each other by their names alone, as they lie in the function's zip."""
    sys.path.insert(0, str(DIRECTORY))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DIRECTORY))
