"""Pages of menus: whatever a menu's texts are, they are texts."""

import json
import re
import zlib
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.storefront.pages import WEB
from rapid.cli import project
from rapid.cli.menus.menu_code import module

from .menu_frames import frames

menu_file, model = module("menu_file"), module("menu_model")
VOID = frozenset(("meta", "link"))
FRAMES = module("menu_page").Frames(frames(), "EUR")
RULES = model.Rules(FRAMES.languages, FRAMES.currency)


class Document(HTMLParser):
    """A page as a browser reads it: its elements with their text, each ended in its turn."""

    def __init__(self, page):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(page.decode("utf-8"))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, **dict(attributes), "text": ""}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        if self._open:
            self._open[-1]["text"] += data

    def texts(self, tag, **attributes):
        return [each["text"] for each in self.all(tag, **attributes)]

    def all(self, tag, **attributes):
        return [each for each in self.elements if each["tag"] == tag and attributes.items() <= each.items()]


def menu_of(*items, **members):
    content = {"sections": [{"title": {"en": "Soups", "de": "Suppen"}, "items": list(items)}], **members}
    checked = menu_file.check(json.dumps(content).encode(), "json", RULES)
    assert checked.problems == ()
    return checked.menu


def page_of(menu, language="en", store="bella"):
    return Document(FRAMES.page(menu, store, language))


def item(**changes):
    return {"id": "soup", "name": "Soup", "price": 5.5, **changes}


def test_a_page_shows_names_prices_descriptions_tags_and_allergens():
    page = page_of(menu_of(item(description="Hot", tags=["vegan"], allergens=["celery", "milk"])))
    assert page.texts("h1") == ["Menu"]
    assert page.texts("h2") == ["Soups"]
    assert page.texts("span", **{"class": "name"}) == ["Soup"]
    assert page.all("data") == [{"tag": "data", "value": "5.50", "text": "5.50 EUR"}]
    assert page.texts("p")[1:] == ["Hot", "", "Allergens: celery, milk"]
    assert page.texts("span", **{"class": "label"}) == ["vegan"]
    assert [each["data-item"] for each in page.all("details")] == ["soup"]


def test_tags_and_allergens_are_shown_in_the_language_of_the_page():
    labels = {"tags": {"en": ["hot"], "de": ["scharf"]}, "allergens": {"en": ["milk"], "de": ["Milch"]}}
    page = page_of(menu_of(item(**labels)), "de")
    assert page.texts("span", **{"class": "label"}) == ["scharf"]
    assert page.texts("p")[-1] == "Allergene: Milch"
    assert page_of(menu_of(item(tags=["hot"])), "de").texts("span", **{"class": "label"}) == ["hot"]


def test_an_item_that_has_no_more_to_show_does_not_open():
    assert page_of(menu_of(item())).all("details") == []


def test_an_item_that_is_not_available_says_so_in_each_language():
    menu = menu_of(item(available=False))
    assert page_of(menu).texts("span", **{"class": "label"}) == ["sold out"]
    assert page_of(menu, "de").texts("span", **{"class": "label"}) == ["ausverkauft"]


def test_a_text_without_a_translation_is_shown_in_the_default_language_and_says_so():
    page = page_of(menu_of(item(name={"en": "Soup", "de": "Suppe"}, description="Hot")), "de")
    assert page.all("html")[0]["lang"] == "de"
    assert page.texts("span", **{"class": "name"}) == ["Suppe"]
    assert page.texts("p", lang="en") == ["Hot"]
    assert page.texts("h2") == ["Suppen"]


def test_a_text_that_the_default_language_has_not_is_on_no_page_but_its_own():
    menu = menu_of(item(description={"de": "Heiß"}), title={"de": "Karte"})
    assert [page_of(menu, language).texts("h1") for language in ("en", "de")] == [["Menu"], ["Karte"]]
    assert [page_of(menu, language).texts("details") for language in ("en", "de")] == [[], [""]]


def test_a_page_links_its_sections_the_other_languages_and_the_form_of_its_store_and_language():
    english, german = (page_of(menu_of(item(), title="Lunch"), language) for language in ("en", "de"))
    assert english.texts("title") == ["Lunch \u2013 Trattoria Demo"]
    links = [(each["href"], each["text"], each.get("aria-current")) for each in english.all("a") if "hreflang" in each]
    assert links == [("/menu/bella#en", "English", "page"), ("/menu/bella/de", "Deutsch", None)]
    assert [each["href"] for each in english.all("a", id="feedback")] == ["/?store=bella#en"]
    assert [each["href"] for each in german.all("a", id="feedback")] == ["/de?store=bella"]
    [settings] = german.texts("script", id="settings")
    assert json.loads(settings)["languages"] == {"en": "/menu/bella", "de": "/menu/bella/de"}
    assert "hidden" in english.all("nav", id="contents")[0]
    assert [each["data-store"] for each in english.all("main")] == ["bella"]


def test_a_storefront_in_one_language_links_none():
    alone = module("menu_page").Frames({"en": frames()["en"]}, "EUR")
    page = Document(alone.page(menu_of(item()), "bella", "en"))
    assert "hidden" in page.all("nav", id="languages")[0]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "<!--", "]]>"]
)
def test_markup_in_a_menu_is_text(text):
    given = menu_of(
        item(name=text, description=text, tags=[text], allergens=[text], id=text.replace(" ", "_")), title=text
    )
    page = page_of(given)
    assert page.texts("span", **{"class": "name"}) == [text]
    assert page.texts("h1") == [text]
    assert page.texts("span", **{"class": "label"}) == [text]
    assert [each["data-item"] for each in page.all("details")] == [text.replace(" ", "_")]
    assert len(page.all("script")) == len(page_of(menu_of(item())).all("script"))
    assert page.all("img") == []


_TEXTS = st.text(min_size=1, max_size=12)


@given(
    st.lists(
        st.tuples(_TEXTS, _TEXTS, st.lists(_TEXTS, max_size=2), st.decimals(0, 9999, places=2), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_any_menu_that_passes_the_check_is_a_page_with_every_name_as_text(rows):
    items = [
        {"id": f"i{number}", "name": name, "description": text, "tags": tags, "price": str(price), "available": there}
        for number, (name, text, tags, price, there) in enumerate(rows)
    ]
    content = json.dumps({"sections": [{"title": rows[0][0], "items": items}]})
    menu = menu_file.check(content.encode(), "json", RULES).menu
    if not menu:
        return
    for language in RULES.languages:
        page = page_of(menu, language)
        assert page.texts("span", **{"class": "name"}) == [" ".join(name.split()) for name, *_ in rows]
        assert [each["value"] for each in page.all("data")] == [f"{price:.2f}" for _, _, _, price, _ in rows]


def test_the_heaviest_menu_is_a_page_that_a_phone_loads_with_all_it_needs_below_50_kb():
    items = [
        item(id=f"item_{n}", name=f"Dish {n * 7919 % 10007}", description=f"With {n * 104729 % 99991}", tags=["vegan"])
        for n in range(500)
    ]
    texts = "\n".join(f"{each['name']}\n{each['description']}" for each in items)
    page = FRAMES.page(menu_of(*items), "bella", "de")
    markup_bytes = len(zlib.compress(page)) - len(zlib.compress(texts.encode()))
    loaded = [
        file.read_bytes()
        for file in WEB.iterdir()
        if file.name in ("menu.css", "menu.js", "clicks.js", "guest-sender.js")
    ]
    assert model.MAX_TEXT_BYTES + markup_bytes + sum(len(zlib.compress(each)) for each in loaded) < 50_000


def test_the_longest_time_that_clicks_tell_is_the_contract_s():
    limits = {field.name: field for field in project.contract_of("clickstream").fields}
    [most] = re.findall(r"MAX_SECONDS = ([\d_]+);", (WEB / "clicks.js").read_text())
    assert int(most) == limits["time_spent"].maximum
