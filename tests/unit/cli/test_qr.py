"""`rapid qr`: every code is read by a decoder, as it is printed, and says where it leads."""

import io
import json
from pathlib import Path
from urllib.parse import quote

import pypdfium2
import pytest
import resvg_py
import zxingcpp
from PIL import Image, ImageFilter
from pypdfium2 import raw
from typer.testing import CliRunner, Result

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.errors import CommandError
from rapid.cli.qr import tables

URL = "https://guests.example.com"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_STACK", raising=False)


def run(*words: str, url: str | None = URL, store: str = "store1") -> Result:
    address = ["--url", url] if url else []
    return CliRunner().invoke(app, ["qr", "--store", store, *address, *words])


def sheet(path: str | Path) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(Path(path))


def read(picture: Image.Image) -> list[str]:
    """What a decoder finds in a picture."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return sorted(barcode.text for barcode in found)


def links(*tables: str) -> list[str]:
    return sorted([f"{URL}/?store=store1", *(f"{URL}/?store=store1&table={quote(table)}" for table in tables)])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("7", ["7"]),
        ("1-3", ["1", "2", "3"]),
        ("1-2, bar,terrace-1-3", ["1", "2", "bar", "terrace-1", "terrace-2", "terrace-3"]),
        ("08-11", ["08", "09", "10", "11"]),
        ("room-2-garden", ["room-2-garden"]),
        ("first-floor", ["first-floor"]),
        ("floor-2-table-9-10", ["floor-2-table-9", "floor-2-table-10"]),
    ],
)
def test_tables_are_named_one_by_one_or_from_a_number_to_another(text: str, names: list[str]) -> None:
    assert tables.named(text) == tuple(names)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("1,,2", "a name is missing beside a comma"),
        ("9-1", "goes from 9 down to 1; write 1-9"),
        ("1-3,2", "names table '2' twice"),
        ("1-100000", "more than 2000 tables"),
        ("a-1-1500,b-1-1500", "more than 2000 tables"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused_with_the_fix(text: str, fix: str) -> None:
    with pytest.raises(CommandError, match=fix):
        tables.named(text)


def test_the_sheet_has_a_card_a_table_and_one_for_the_store_each_read_by_a_decoder() -> None:
    names = [*map(str, range(1, 13)), "bar"]
    said = run("--tables", "1-12,bar", "--title", "Trattoria")
    assert said.exit_code == 0, said.output
    assert "14 codes on 2 pages of A4: qr-store1-feedback.pdf" in said.stdout
    with sheet("qr-store1-feedback.pdf") as pages:
        assert [page.get_size() for page in pages] == [pytest.approx((595.28, 841.89), abs=0.1)] * 2
        assert sorted(text for page in pages for text in read(page.render(scale=2).to_pil())) == links(*names)


def test_a_printed_code_is_read_when_it_is_blurred_turned_and_stained() -> None:
    assert run("--tables", "1-11", "--title", "Trattoria").exit_code == 0
    with sheet("qr-store1-feedback.pdf") as pages:
        printed = pages[0].render(scale=150 / 72).to_pil().convert("L")
    seen = printed.filter(ImageFilter.GaussianBlur(1.5)).rotate(7, expand=True, fillcolor=255)
    assert read(seen) == links(*map(str, range(1, 12)))


def test_codes_on_the_sheet_are_drawn_and_not_pictures() -> None:
    assert run("--tables", "1", "--title", "Trattoria").exit_code == 0
    with sheet("qr-store1-feedback.pdf") as pages:
        kinds = {drawn.type for drawn in pages[0].get_objects()}
    assert kinds == {raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_TEXT}


def test_cards_say_whose_they_are_which_table_it_is_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("--tables", "4", "--title", "Żółć, Кафе & Ωμέγα").exit_code == 0
    with sheet("qr-store1-feedback.pdf") as pages:
        text = pages[0].get_textpage().get_text_bounded()
    assert text.split("\r\n") == [
        *("Żółć, Кафе & Ωμέγα", "Table 4", "How was your visit? Scan and tell us."),
        *("Żółć, Кафе & Ωμέγα", "How was your visit? Scan and tell us."),
    ]


def test_cards_are_in_the_first_language_of_the_stack_and_have_its_business_s_name(
    cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sources", "web", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(project.ROOT / name)
    config = {"aws:region": "us-east-1", "rapid-analytics:languages": "de,en", "rapid-analytics:business_name": "Żółć"}
    (tmp_path / "Pulumi.bella.yaml").write_text(json.dumps({"config": config}))
    monkeypatch.setattr(project, "ROOT", tmp_path)
    cloud.outputs |= {"storefront_url": URL, "stack_tag": "rapid-analytics/bella"}
    assert run("--tables", "4", url=None).exit_code == 0
    with sheet("qr-store1-feedback.pdf") as pages:
        text = pages[0].get_textpage().get_text_bounded()
    assert text.startswith("Żółć\r\nTisch 4\r\nWie war Ihr Besuch?")


def test_a_language_without_words_for_cards_is_named_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web" / "languages").mkdir(parents=True)
    (tmp_path / "sources").symlink_to(project.ROOT / "sources")
    (tmp_path / "Pulumi.yaml").symlink_to(project.ROOT / "Pulumi.yaml")
    (tmp_path / "Pulumi.dev.yaml").write_text('{"config": {"aws:region": "us-east-1"}}')
    monkeypatch.setattr(project, "ROOT", tmp_path)
    said = run("--title", "Trattoria")
    assert "error: there is no web/languages/en.json, which has the words of cards in 'en'" in said.stderr
    (tmp_path / "web" / "languages" / "en.json").write_text('{"print": {}}')
    assert "error: web/languages/en.json: has no text print.table" in run("--title", "Trattoria").stderr
    assert "error: stack dev has no business_name, which the cards show" in run().stderr


def test_long_names_stay_within_their_card_and_off_the_code() -> None:
    long = "W" * 64
    assert run("--tables", long, "--title", f"{'Ristorante ' * 7}X").exit_code == 0
    with sheet("qr-store1-feedback.pdf") as pages:
        boxes = [drawn.get_bounds() for drawn in pages[0].get_objects() if drawn.type == raw.FPDF_PAGEOBJ_TEXT]
        codes = [drawn.get_bounds() for drawn in pages[0].get_objects() if drawn.type == raw.FPDF_PAGEOBJ_PATH]
        assert len(read(pages[0].render(scale=2).to_pil())) == 2
    modules = [box for box in codes if 80 < box[2] - box[0] < 130]
    assert len(modules) == 2
    for left, bottom, right, top in boxes:
        assert any(column < left and right < column + 63 / 25.4 * 72 for column in (29.7, 208.3))
        assert not any(bottom < code[3] and top > code[1] for code in modules)


def test_the_longest_names_that_contracts_take_are_read_from_the_sheet_too() -> None:
    store, table = "s" * 128, "t" * 64
    assert run("--tables", table, "--title", "Trattoria", "--out", "long.pdf", store=store).exit_code == 0
    with sheet("long.pdf") as pages:
        found = read(pages[0].render(scale=150 / 72).to_pil())
    assert found == [f"{URL}/?store={store}", f"{URL}/?store={store}&table={table}"]


def test_menu_codes_lead_to_the_menu_of_the_store() -> None:
    assert run("--tables", "Bar 1", "--page", "menu", "--format", "png").exit_code == 0
    found = {file.name: read(Image.open(file)) for file in Path("qr-store1-menu").iterdir()}
    assert found == {
        "store.png": [f"{URL}/menu/store1"],
        "table-Bar 1.png": [f"{URL}/menu/store1?table=Bar%201"],
    }


def test_pictures_have_a_file_a_table_of_fifty_millimetres() -> None:
    assert run("--tables", "1,ä/ü", "--format", "png", "--out", "codes").exit_code == 0
    files = {file.name: file for file in Path("codes").iterdir()}
    assert set(files) == {"store.png", "table-1.png", "table-%C3%A4%2F%C3%BC.png"}
    for name, table in (("table-1.png", "1"), ("table-%C3%A4%2F%C3%BC.png", "ä%2Fü")):
        with Image.open(files[name]) as picture:
            assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(50, abs=0.5)
            blurred = picture.convert("L").resize((200, 200)).filter(ImageFilter.GaussianBlur(1))
            assert read(blurred.rotate(11, expand=True, fillcolor=255)) == [
                f"{URL}/?store=store1&table={quote(table, safe='%')}"
            ]


def test_drawings_are_read_by_a_decoder_too() -> None:
    assert run("--tables", "1-2", "--format", "svg").exit_code == 0
    folder = Path("qr-store1-feedback")
    drawn = {file.name: resvg_py.svg_to_bytes(svg_path=str(file), dpi=200) for file in folder.iterdir()}
    found = {name: read(Image.open(io.BytesIO(picture))) for name, picture in drawn.items()}
    assert found == {
        "store.svg": [f"{URL}/?store=store1"],
        **{f"table-{number}.svg": [f"{URL}/?store=store1&table={number}"] for number in (1, 2)},
    }
    assert 'width="50.0mm"' in (folder / "store.svg").read_text()


def test_the_address_is_that_of_the_deployed_storefront(cloud) -> None:
    cloud.outputs |= {"storefront_url": f"{URL}/", "stack_tag": "rapid-analytics/dev"}
    said = run("--format", "svg", url=None)
    assert (said.exit_code, said.stderr.count("note")) == (0, 0), said.output
    assert f"<title>{URL}/?store=store1</title>" in Path("qr-store1-feedback", "store.svg").read_text()


def test_without_a_storefront_the_command_says_how_to_have_one(cloud) -> None:
    said = run(url=None)
    assert said.exit_code == 1
    assert "error: the stack has no storefront; set its config keys storefront and business_name" in said.stderr


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("https://d111111abcdef8.cloudfront.net", "printed codes lead nowhere. Before printing, set storefront_domain"),
        ("http://e123.cloudfront.localhost:4566", "is on this machine alone: a phone does not reach it"),
    ],
)
def test_codes_that_will_not_last_are_made_with_a_word_of_warning(url: str, note: str) -> None:
    said = run("--format", "svg", url=url)
    assert said.exit_code == 0
    assert note in said.stderr


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["--store", ""], "--store: '' has 0 characters; store_id of feedback takes 1 to 128"),
        (["--store", "s" * 129], "has 129 characters; store_id of feedback takes 1 to 128"),
        (["--store", " s"], "' s' must be in one line, without spaces around it"),
        (["--tables", "t" * 65], "has 65 characters; table_id of feedback takes 1 to 64"),
        (["--store", "a/b", "--page", "menu"], "a store with a menu is 1 to 128 of the characters A-Z a-z 0-9 _ -"),
        (["--store", "東" * 128, "--tables", "東" * 64], "too many for a code of 44 mm that phones read"),
        (["--url", "guests.example.com"], "must be https:// and a host, such as https://guests.example.com"),
        (["--url", f"{URL}/form"], "must be https:// and a host"),
        (["--url", "https://[guests.example.com"], "must be https:// and a host"),
        (["--url", "https://guests.example.com:https"], "must be https:// and a host"),
        (["--url", "https://me@guests.example.com"], "must be https:// and a host"),
        (["--url", f"{URL}#form"], "must be https:// and a host"),
        (["--title", "東京"], "the font Roboto-Medium.ttf has no 京 東; name one that has, such as --font"),
        (["--title", "مطعم"], "are written from right to left, or joined"),
        (["--font", "no.ttf"], "--font no.ttf: cannot be used, take a TrueType file"),
        (["--out", "."], "--out .: is a folder; name a file, such as codes.pdf"),
        (["--out", "/proc/none/codes.pdf"], "/proc/none"),
        (["--store", "東" * 60], "cannot be written: File name too long; name another place with --out"),
        (["--store", "東" * 60, "--format", "svg"], "cannot be written: File name too long; name another place"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_the_fix(words: list[str], fix: str) -> None:
    said = run("--title", "Trattoria", *words)
    assert said.exit_code == 1, said.output
    assert said.stderr.startswith("error: ")
    assert fix in said.stderr
    assert not list(Path().glob("*.pdf"))


@pytest.mark.parametrize(
    ("names", "fix"),
    [
        ("A1,2,a1", "tables 'A1' and 'a1' would be one file on macOS and Windows; write them in two calls, each with"),
        ("東" * 64, "too long a file name; take a shorter one, or --format pdf"),
    ],
)
def test_tables_that_cannot_each_have_a_file_are_refused_and_none_is_written(names: str, fix: str) -> None:
    said = run("--tables", names, "--format", "svg")
    assert said.exit_code == 1, said.output
    assert "error: --tables: " in said.stderr
    assert fix in said.stderr
    assert not list(Path().iterdir())


def test_the_same_codes_make_the_same_file() -> None:
    run("--tables", "1-3", "--title", "Trattoria", "--out", "a.pdf")
    run("--tables", "1-3", "--title", "Trattoria", "--out", "b.pdf")
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()
