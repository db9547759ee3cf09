import json
import re
from dataclasses import replace

import pytest

from components.storefront.pages import ASSET_CACHE_CONTROL, PAGE_CACHE_CONTROL, WEB, Site, SiteError
from components.storefront.settings import StorefrontSettings, WayIn

SETTINGS = StorefrontSettings(WayIn.API, "Food & <Drink>", ("en", "de"), "#14532d", "EUR")
WAYS = {"feedback": {"url": "https://api.example.com/v1/feedback"}}
TEXTS = {
    "language_name": "English",
    "form": {"title": "Hello {business_name}"},
    "script": {"feedback": {"sent": "</script>"}, "survey": {"choose": "Yes or no?"}},
}
PAGE = '<p title="{{text.form.title}}">{{text.form.title}}</p><script type="application/json">{{settings}}</script>'


@pytest.fixture
def web(tmp_path):
    (tmp_path / "languages").mkdir()
    for code, name in (("en", "English"), ("de", "Deutsch")):
        (tmp_path / "languages" / f"{code}.json").write_text(json.dumps({**TEXTS, "language_name": name}))
    for page in ("feedback", "menu", "not-found", "survey"):
        (tmp_path / f"{page}.html").write_text(PAGE)
    return tmp_path


def pages(web):
    return {page.key: page.html(WAYS) for page in Site(SETTINGS, web).pages}


def assets(web):
    return {asset.file: asset for asset in Site(SETTINGS, web).assets}


def refusal(web, settings=SETTINGS):
    with pytest.raises(SiteError) as error:
        Site(settings, web)
    return str(error.value)


def settings_of(page):
    return json.loads(re.search('<script type="application/json"[^>]*>(.*?)</script>', page)[1])


def test_every_language_has_a_form_at_its_address_the_default_at_the_root(web):
    assert set(pages(web)) == {"index.html", "de", "not-found"}
    assert settings_of(pages(web)["de"])["language"] == "de"
    assert settings_of(pages(web)["de"])["languages"] == {"en": "/", "de": "/de"}


def test_the_survey_has_an_address_of_its_own_in_every_language_where_it_is_asked_for(web):
    found = {page.key: settings_of(page.html(WAYS)) for page in Site(SETTINGS, web, has_survey=True).pages}
    assert found.keys() - pages(web).keys() == {"survey", "survey/de"}
    assert found["survey/de"]["languages"] == {"en": "/survey", "de": "/survey/de"}
    assert found["survey/de"]["texts"] == {"survey": {"choose": "Yes or no?"}}


def test_values_are_escaped_in_text_and_in_attributes(web):
    assert pages(web)["index.html"].startswith(
        '<p title="Hello Food &amp; &lt;Drink&gt;">Hello Food &amp; &lt;Drink&gt;</p>'
    )


def test_no_text_can_end_the_block_of_settings(web):
    page = pages(web)["index.html"]
    assert page.count("</script>") == 1
    assert settings_of(page)["texts"] == {"feedback": {"sent": "</script>"}}
    assert settings_of(page)["send"] == WAYS


def test_a_value_that_looks_like_a_place_is_left_as_it_is(web):
    (page, *_) = Site(replace(SETTINGS, business_name="{{settings}}"), web).pages
    assert page.html(WAYS).startswith('<p title="Hello {{settings}}">')


def test_languages_are_linked_where_there_are_several(web):
    (web / "feedback.html").write_text("{{languages}}")
    assert pages(web)["de"] == (
        '<a href="/" lang="en" hreflang="en">English</a> '
        '<a href="/de" lang="de" hreflang="de" aria-current="page">Deutsch</a>'
    )
    (page, *_) = Site(replace(SETTINGS, languages=("en",)), web).pages
    assert page.html(WAYS) == ""


def test_an_asset_has_another_name_when_what_it_names_has_another_content(web):
    (web / "form.js").write_text('import "/assets/send.js";')
    (web / "send.js").write_text("1")
    (web / "service-worker.js").write_text('["/assets/form.js"]')
    first = assets(web)
    (web / "send.js").write_text("2")
    second = assets(web)
    assert re.fullmatch(r"assets/form\.[0-9a-f]{12}\.js", first["form.js"].key)
    assert first["send.js"].path in first["form.js"].content
    assert first["form.js"].key != second["form.js"].key
    assert second["form.js"].path in second["service-worker.js"].content
    assert first["brand.css"] == second["brand.css"]


def test_what_is_named_by_content_is_kept_for_ever_and_the_worker_is_not(web):
    (web / "service-worker.js").write_text("")
    found = assets(web)
    assert (found["brand.css"].cache_control, found["brand.css"].content_type) == (
        ASSET_CACHE_CONTROL,
        "text/css; charset=utf-8",
    )
    assert found["brand.css"].content == ":root{--brand:#14532d}\n"
    assert (found["service-worker.js"].key, found["service-worker.js"].cache_control) == (
        "service-worker.js",
        PAGE_CACHE_CONTROL,
    )


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("feedback.html", "{{name}}", "feedback.html: {{name}} stands for nothing; there are business_name, "),
        ("feedback.html", "{{text.form.lead}}", "en.json: has no text form.lead, which "),
        ("menu.html", "{{languages}}", "menu.html: {{languages}} stands for nothing"),
        ("menu.html", "<p class={{language}}>", "menu.html: ={{language}} is an attribute's value without quotation"),
        ("menu.html", "<script>a = '{{language}}'</script>", "menu.html: {{language}} is inside of <script>"),
        ("menu.html", "<style>a{color:{{settings}}}</style>", "menu.html: {{settings}} is inside of <style>"),
        ("menu.html", "<script>{{settings}}</script>", "menu.html: {{settings}} is inside of <script>"),
        ("menu.html", '<img src="/assets/no.svg">', "menu.html: names /assets/no.svg, which is not in "),
        ("form.js", 'import "/assets/form.js"', "form.js: names /assets/form.js, which names it again"),
        ("brand.css", "", "brand.css: is made from the config key brand_color; call it something else"),
        ("form.ts", "", "form.ts: is not one of .css, .js, "),
        ("languages/de.json", "{", "de.json: is not JSON: "),
        ("languages/de.json", "[]", "de.json: the whole must be an object of texts"),
        ("languages/de.json", '{"form": [1]}', "de.json: form must be a text, or an object of texts"),
        ("languages/de.json", '{"language_name": "Deutsch"}', "de.json: has no text form.title, which "),
    ],
)
def test_what_cannot_be_used_is_told_by_file_and_place(web, file, text, told):
    (web / file).write_text(text)
    assert told in refusal(web)


def test_a_language_without_a_file_is_told(web):
    settings = replace(SETTINGS, languages=("en", "fr"))
    assert "fr.json: No such file or directory; the config key languages has fr" in refusal(web, settings)


def test_a_folder_without_a_template_is_told(web):
    (web / "menu.html").unlink()
    assert "menu.html: No such file or directory" in refusal(web)


def test_the_site_of_this_project_can_be_made():
    codes = tuple(file.stem for file in sorted((WEB / "languages").glob("*.json")))
    site = Site(replace(SETTINGS, languages=codes), has_survey=True)
    assert len(site.pages) == 2 * len(codes) + 1
    assert set(site.menu_frames) == set(codes)
