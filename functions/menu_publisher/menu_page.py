"""Pages of menus: elements put into web/menu.html. No text of a menu is ever markup, for none is pasted into any."""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from xml.etree import ElementTree

from menu_model import Item, Labels, Menu, Section, Texts
from store_key import page_of

_Element = ElementTree.Element


class Frames:
    """What is the same on the pages of all menus: web/menu.html as a deployment has made it for each language."""

    languages: tuple[str, ...]
    """Languages of the pages, the default first."""

    def __init__(self, documents: Mapping[str, str], currency: str) -> None:
        """`documents` are by language, the default first; prices are in `currency`."""
        self.languages, self.currency = tuple(documents), currency
        self._documents = {language: ElementTree.fromstring(text) for language, text in documents.items()}

    def page(self, menu: Menu, store: str, language: str) -> bytes:
        """The page of a store's menu in a language."""
        page = _Page(copy.deepcopy(self._documents[language]), language, self.languages[0], self.currency)
        page.show(menu, store)
        page.link({each: self._name(each) for each in self.languages}, store)
        return page.html()

    def _name(self, language: str) -> str:
        """What a language is called in itself."""
        return self._documents[language].attrib["data-language-name"]


class _Page:
    """One page. What of it depends on the menu has ids in web/menu.html."""

    def __init__(self, root: _Element, language: str, default_language: str, currency: str) -> None:
        self._root, self._language, self._default, self._currency = root, language, default_language, currency
        self._by_id = {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}
        self._main = self._by_id["menu"]

    def html(self) -> bytes:
        page: bytes = ElementTree.tostring(self._root, encoding="utf-8", method="html")
        return b"<!doctype html>\n" + page

    def show(self, menu: Menu, store: str) -> None:
        """Put the menu in."""
        if title := self._text(menu.title):
            self._put(self._by_id["title"], menu.title)
            self._by_id["document-title"].text = f"{title} \u2013 {self._by_id['business'].text}"
        self._contents(menu.sections)
        self._main.extend(self._section(number, section) for number, section in enumerate(menu.sections, start=1))
        self._main.attrib["data-store"] = store

    def link(self, names: Mapping[str, str], store: str) -> None:
        """Link the form, and the page in each language, of which `names` are; tell scripts of those.

        The fragment says that a guest chose the default language (web/language.js).
        """
        chosen = f"#{self._default}"
        form = f"/?store={store}{chosen}" if self._language == self._default else f"/{self._language}?store={store}"
        self._by_id["feedback"].attrib["href"] = form
        paths = {language: "/" + page_of(store, language, self._default) for language in names}
        self._tell_scripts(languages=paths)
        if len(names) == 1:
            self._by_id["languages"].attrib["hidden"] = ""
            return
        for language, name in names.items():
            href = paths[language] + (chosen if language == self._default else "")
            link = _element("a", name, href=href, lang=language, hreflang=language)
            if language == self._language:
                link.attrib["aria-current"] = "page"
            self._by_id["languages"].append(link)

    def _tell_scripts(self, **changes: object) -> None:
        """Change the page's settings. A script's text is not escaped in HTML, so that it holds no markup."""
        element = self._by_id["settings"]
        text = json.dumps({**json.loads(element.text or "{}"), **changes}, ensure_ascii=False)
        element.text = re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)

    def _contents(self, sections: tuple[Section, ...]) -> None:
        contents = self._by_id["contents"]
        if len(sections) == 1:
            contents.attrib["hidden"] = ""
        for number, section in enumerate(sections, start=1):
            contents.append(self._put(_element("a", href=f"#section-{number}"), section.title))

    def _section(self, number: int, section: Section) -> _Element:
        heading = self._put(_element("h2"), section.title)
        return _with(
            _element("section", id=f"section-{number}"),
            [heading, _with(_element("ul"), [self._item(item) for item in section.items])],
        )

    def _item(self, item: Item) -> _Element:
        """An item that has more to show opens; opening it is what is counted as a click."""
        line = [self._put(_element("span", **{"class": "name"}), item.name), self._price(item.price)]
        row = _element("li")
        if not item.available:
            row.attrib["class"] = "gone"
            line.insert(1, _element("span", self._main.attrib["data-gone"], **{"class": "label"}))
        more = self._more(item)
        if more:
            summary = _with(_element("summary"), line)
            return _with(row, [_with(_element("details", **{"data-item": item.id}), [summary, *more])])
        return _with(row, [_with(_element("div"), line)])

    def _more(self, item: Item) -> list[_Element]:
        found = []
        if self._text(item.description):
            found.append(self._put(_element("p"), item.description))
        if tags := self._labels(item.tags):
            found.append(_with(_element("p"), [_element("span", tag, **{"class": "label"}) for tag in tags]))
        if allergens := self._labels(item.allergens):
            found.append(_element("p", f"{self._main.attrib['data-allergens']}: {', '.join(allergens)}"))
        return found

    def _price(self, price: Decimal) -> _Element:
        """What a browser without scripts shows; with them it is written as is usual in the page's language."""
        return _element("data", f"{price} {self._currency}", value=str(price))

    def _text(self, texts: Texts) -> str:
        return texts.get(self._language) or texts.get(self._default, "")

    def _labels(self, labels: Labels) -> tuple[str, ...]:
        return labels.get(self._language) or labels.get(self._default, ())

    def _put(self, element: _Element, texts: Texts) -> _Element:
        """Put a text into an element; one in another language than the page's says so."""
        element.text = self._text(texts)
        if self._language not in texts:
            element.attrib["lang"] = self._default
        return element


def _element(tag: str, text: str | None = None, **attributes: str) -> _Element:
    element = _Element(tag, attributes)
    element.text = text
    return element


def _with(element: _Element, children: Iterable[_Element]) -> _Element:
    element.extend(children)
    return element
