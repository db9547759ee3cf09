"""Frames of menu pages, made of web/menu.html as a deployment makes them."""

import json
import re
from pathlib import Path

WEB = Path(__file__).parents[3] / "web"
WORDS = {
    "language_name": {"en": "English", "de": "Deutsch"},
    "menu_title": {"en": "Menu", "de": "Speisekarte"},
    "menu_gone": {"en": "sold out", "de": "ausverkauft"},
    "menu_allergens": {"en": "Allergens", "de": "Allergene"},
}


def frames():
    """The frame in English, which is the default, and in German."""
    return {language: _frame(language) for language in ("en", "de")}


def _frame(language):
    def value(place):
        name = place[1].removeprefix("text.")
        if name == "settings":
            return json.dumps({"language": language, "send": {}})
        return WORDS[name][language] if name in WORDS else language if name == "language" else name

    return re.sub(r"\{\{(.*?)\}\}", value, (WEB / "menu.html").read_text())
