"""Menu files: what is a menu, and what is said of those that are none."""

import json
from decimal import Decimal
from pathlib import Path

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from rapid.cli.menus.menu_code import module

menu_file, model, fields = module("menu_file"), module("menu_model"), module("menu_fields")
ROOT = Path(__file__).parents[3]
SOURCES, EXAMPLES = ROOT / "sources", ROOT / "examples" / "menus"
RULES = model.Rules(("en", "de"), "EUR")
HEADER = "section,id,name,price\n"


def check(content, ending="csv", rules=RULES):
    return menu_file.check(content if isinstance(content, bytes) else content.encode(), ending, rules)


def check_json(*items, rules=RULES, **members):
    sections = [{"title": "Soups", "items": list(items)}]
    return check(json.dumps({"sections": sections, **members}, indent=1), "json", rules)


def problems(checked):
    assert checked.menu is None
    return [str(problem) for problem in checked.problems]


def item(**changes):
    return {"id": "soup", "name": "Soup", "price": 5.5, **changes}


SOUP = model.Item(
    "soup",
    {"en": "Soup", "de": "Suppe"},
    {"en": "Hot"},
    Decimal("5.50"),
    {"en": ("celery",)},
    {"en": ("vegan",)},
    False,
)
MENU = model.Menu({}, (model.Section({"en": "Soups", "de": "Suppen"}, (SOUP,)),))


def test_a_menu_in_json_is_read():
    text = {
        "sections": [
            {
                "title": {"en": "Soups", "de": "Suppen"},
                "items": [
                    {
                        "id": "soup",
                        "name": {"en": "Soup", "de": "Suppe"},
                        "description": "Hot",
                        "price": 5.5,
                        "allergens": ["celery"],
                        "tags": ["vegan"],
                        "available": False,
                    }
                ],
            }
        ]
    }
    checked = check(json.dumps(text), "json")
    assert checked.problems == ()
    assert checked.menu == MENU


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_menu_in_csv_is_read_as_spreadsheets_write_it(delimiter, encoding, end):
    columns = [
        "section",
        "section_de",
        "id",
        "name",
        "name_de",
        "description",
        "price",
        "allergens",
        "tags",
        "available",
    ]
    cells = ["Soups", "Suppen", "soup", "Soup", "Suppe", "Hot", '"5,50"', "celery", "vegan", "FALSE"]
    rows = [columns, cells, [""] * len(columns)]
    checked = check(end.join(delimiter.join(row) for row in rows).encode(encoding))
    assert checked.problems == ()
    assert checked.menu == MENU


def test_a_row_without_a_section_belongs_to_the_section_above():
    menu = check(HEADER + "Soups,a,A,1\n,b,B,2\nCakes,c,C,3\nSoups,d,D,4\n").menu
    assert [(section.title["en"], [item.id for item in section.items]) for section in menu.sections] == [
        ("Soups", ["a", "b", "d"]),
        ("Cakes", ["c"]),
    ]


def test_a_text_of_several_lines_is_one_line_and_the_next_row_has_its_own_number():
    assert problems(check(HEADER + 'Soups,a,"A\nB",1\n,b,B,x\n')) == [
        'line 4, column price: "x" is not a price; write the number alone, such as 8.50'
    ]
    assert check(HEADER + 'Soups,a,"A\nB",1\n').menu.sections[0].items[0].name == {"en": "A B"}


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_lines():
    assert problems(check(HEADER + "Soups,soup,Soup,abc\n,so up,,1.999\n,soup,X,3,extra\n")) == [
        'line 2, column price: "abc" is not a price; write the number alone, such as 8.50',
        'line 3, column id: "so up" has a space; write "so_up"',
        "line 3, column name: missing; every item needs one in en, the storefront's default language",
        'line 3, column price: "1.999" has more decimals than EUR, which has two',
        'line 4, column 5: "extra" is in no column; put texts that hold a delimiter into quotes',
        'line 4, column id: "soup" is an id already, at line 2, column id; every item needs one of its own',
    ]


def test_problems_in_json_have_line_and_path():
    content = """{"sections": [
      {"title": "A", "items": [
        {"id": "a", "name": {"de": "x"}, "price": 5.5},
        {"id": "a", "name": "b", "price": "1.234,5", "tags": "v", "extra": 1, "extra": 2},
        5]},
      {"items": []}]}"""
    known = "id, name, description, price, allergens, tags, available"
    assert problems(check(content, "json")) == [
        'line 2, sections[0].items[2]: must be an object, not "5"',
        "line 3, sections[0].items[0].name: missing; every item needs one in en, the storefront's default language",
        f'line 4, sections[0].items[1]."extra": no such member; known are {known}',
        'line 4, sections[0].items[1]."extra": stands here twice; keep one',
        'line 4, sections[0].items[1].price: "1.234,5" is not a price; write the number alone, such as 8.50',
        'line 4, sections[0].items[1].tags: must be a list, such as ["vegan", "spicy"]',
        'line 4, sections[0].items[1].id: "a" is an id already, at line 3, sections[0].items[0].id; every item needs '
        "one of its own",
        "line 6, sections[1].title: missing; every section needs one in en, the storefront's default language",
        "line 6, sections[1].items: empty; every section has a list of items",
    ]


@pytest.mark.parametrize(
    ("content", "ending", "problem"),
    [
        (b"", "csv", "the file is empty"),
        (b"\xef\xbb\xbf \n", "json", "the file is empty"),
        (b"\xff\xfes\0", "csv", "the file is UTF-16; save it as UTF-8 (in a spreadsheet: CSV UTF-8)"),
        (
            "section\nSüß".encode("latin-1"),
            "csv",
            "line 2: the byte 0xfc is not UTF-8; save it as UTF-8 (in a spreadsheet: CSV UTF-8)",
        ),
        (b" " * 262_145, "json", "the file has more than 262,144 bytes, which is the most"),
        (b"{", "json", "line 1, character 2: not JSON: Expecting property name enclosed in double quotes"),
        (b'{"a":\nNaN}', "json", "line 2, character 1: not JSON: NaN is no value of JSON"),
        (b"[" * 100_000, "json", "not a menu: lists or objects are nested too deeply"),
        (b"[1]", "json", 'line 1: a menu is an object: {"sections": [...]}'),
        (b"{}", "json", "line 1, sections: missing; a menu has a list of sections"),
        (HEADER.encode(), "csv", "there are no items; each line after the first is one"),
        (HEADER.encode() + b'Soups,a,"A,1', "csv", "line 2: not CSV: unexpected end of data"),
        (HEADER.encode() + b",a,A,1", "csv", "line 2, column section: missing; the first item needs a section in en"),
    ],
)
def test_what_is_no_menu_at_all_is_told(content, ending, problem):
    assert problems(check(content, ending)) == [problem]


def test_columns_that_are_unknown_missing_or_there_twice_are_told():
    known = "known are section, name, description, allergens, tags, id, price, available, and name_de"
    assert problems(check("section,id,name,name_en,cost,price_de\n")) == [
        'line 1, column 4: "name_en" is there twice; keep one',
        f'line 1, column 5: "cost" is no column; {known}',
        f'line 1, column 6: "price_de" is no column; {known}',
        "line 1: there is no column price; the first line names the columns",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": ""}, "id: missing; every item needs an id of its own, such as soup_of_the_day"),
        ({"id": 7}, 'id: must be a text in quotes, and is the number "7"'),
        ({"id": "x" * 201}, f'id: "{"x" * 40}…" has 201 characters; at most 200 are allowed'),
        ({"name": None}, "name: must be a text in quotes, and is null"),
        ({"name": "a\x00b"}, 'name: "a?b" has a control character; type the text anew'),
        ({"name": "\ud800"}, 'name: "?" has a control character; type the text anew'),
        ({"name": {"en": "a", "German": "b"}}, 'name.German: "German" is no code of a language, such as de or pt-BR'),
        ({"price": True}, "price: must be a number, and is true or false; write the number alone, such as 8.50"),
        ({"price": ""}, "price: missing; write the number alone, such as 8.50"),
        ({"price": -1}, 'price: "-1" is not a price; write the number alone, such as 8.50'),
        ({"price": "€ 8"}, 'price: "€ 8" is not a price; write the number alone, such as 8.50'),
        ({"price": 1e9}, 'price: "1000000000" is not a price; write the number alone, such as 8.50'),
        ({"price": 1e300}, 'price: "1E+300" is not a price; write the number alone, such as 8.50'),
        ({"price": 0.001}, 'price: "0.001" has more decimals than EUR, which has two'),
        ({"price": "1.500"}, 'price: "1.500" has more decimals than EUR, which has two'),
        ({"available": "perhaps"}, 'available: "perhaps" is neither yes nor no; write true or false'),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags: has 21 entries; at most 20 are allowed"),
        (
            {"tags": {"en": ["hot"], "de": ["scharf", "vegan"]}},
            "tags.de: has 2 in de, and 1 in en; give as many in each language",
        ),
        ({"tags": {"de": ["scharf"]}}, "tags.de: has 1 in de, and 0 in en; give as many in each language"),
        ({"allergens": [1]}, 'allergens: must be a text in quotes, and is the number "1"'),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_what_mends_it(changes, problem):
    [found] = problems(check_json(item(**changes)))
    assert found == f"line 7, sections[0].items[0].{problem}"


@pytest.mark.parametrize(
    ("currency", "price", "shown"),
    [
        ("EUR", 8, "8.00"),
        ("EUR", "8,5", "8.50"),
        ("JPY", "1200", "1200"),
        ("JPY", 900.0, "900"),
        ("KWD", "1.25", "1.250"),
    ],
)
def test_a_price_has_the_decimals_of_its_currency(currency, price, shown):
    menu = check_json(item(price=price), rules=model.Rules(("en",), currency)).menu
    assert str(menu.sections[0].items[0].price) == shown


@pytest.mark.parametrize("price", ["9.5", "1,000"])
def test_yen_have_no_decimals_and_no_thousands_are_read_as_ones(price):
    [found] = problems(check_json(item(price=price), rules=model.Rules(("en",), "JPY")))
    assert found.endswith(f'"{price}" has more decimals than JPY, which has none')


def test_too_many_items_or_sections_are_told():
    assert "the menu has 501 items; at most 500 are allowed" in problems(
        check_json(*(item(id=str(number)) for number in range(501)))
    )
    sections = [{"title": str(number), "items": [item(id=str(number))]} for number in range(51)]
    assert "the menu has 51 sections; at most 50 are allowed" in problems(
        check(json.dumps({"sections": sections}), "json")
    )


def test_texts_that_are_too_heavy_for_a_phone_are_told():
    import random

    letters = random.Random(1)
    texts = ["".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=900)) for _ in range(60)]
    found = problems(check_json(*(item(id=str(number), description=text) for number, text in enumerate(texts))))
    assert [each.partition(" bytes")[0].rpartition(" ")[0] for each in found] == [
        "its texts in en are",
        "its texts in de are",
    ]


def test_what_may_be_a_mistake_is_remarked():
    checked = check_json(item(name={"en": "Soup", "fr": "Soupe"}))
    assert checked.remarks == (
        "texts in fr are not shown: the storefront's languages are en, de",
        "2 texts have no de: guests see en",
    )


def test_what_a_menu_may_hold_fits_into_a_click_and_a_form():
    sources = {contract.source: contract for contract in contracts.load_all(SOURCES)}
    click = {field.name: field for field in sources["clickstream"].fields}
    store = {field.name: field for field in sources["feedback"].fields}["store_id"]
    assert click["element_clicked"].max_length >= model.MAX_ID
    assert click["source_menu"].max_length >= model.MAX_STORE
    assert store.max_length >= model.MAX_STORE


def test_docs_name_the_limits_of_the_check():
    page = " ".join((ROOT / "docs" / "menus.md").read_text().split())
    for limit in (
        f"without spaces, {model.MAX_ID} characters at most",
        f"`name` | needed | {model.MAX_NAME} characters at most",
        f"`description` | | {model.MAX_DESCRIPTION:,} characters at most",
        f"{model.MAX_LABELS} at most, of {model.MAX_LABEL} characters",
        f"{model.MAX_FILE_BYTES // 1024} KiB, {model.MAX_SECTIONS} sections and {model.MAX_ITEMS} items at most",
        f"{model.MAX_TEXT_BYTES:,} bytes compressed",
    ):
        assert limit in page


@given(st.binary(max_size=200), st.sampled_from(["json", "csv"]))
def test_any_bytes_are_a_menu_or_told_why_not(content, ending):
    checked = check(content, ending)
    assert bool(checked.menu) != bool(checked.problems)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sections", "title", "items", "id", "name", "price", "tags", "available", "en", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_any_json_is_a_menu_or_told_why_not(value):
    checked = check(json.dumps(value), "json")
    assert bool(checked.menu) != bool(checked.problems)


@given(st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=5))
def test_any_rows_are_a_menu_or_told_why_not(rows):
    content = HEADER + "\n".join(",".join(row) for row in rows)
    checked = check(content.encode("utf-8", "surrogatepass"))
    assert bool(checked.menu) != bool(checked.problems)


def test_currencies_have_the_decimals_of_iso_4217():
    # Those with four are units of account, in which nobody pays.
    known = [each for each in iso4217.Currency if each.exponent is not None and each.exponent < 4]
    wrong = {each.code for each in known if fields.decimals(each.code) != each.exponent}
    assert known
    assert wrong == set()


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_the_example_is_a_menu(ending):
    checked = check((EXAMPLES / f"trattoria.{ending}").read_bytes(), ending)
    assert checked.problems == ()
    assert len(checked.menu.sections) == 3
