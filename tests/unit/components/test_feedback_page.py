"""The forms as files of `web/`: every text in every language, and what contracts say of answers."""

import json
import re

import pytest

import dashboards
from components.storefront.pages import WEB, Site
from components.storefront.settings import StorefrontSettings, WayIn
from rapid.cli import project

LANGUAGES = tuple(sorted(file.stem for file in (WEB / "languages").glob("*.json")))
SETTINGS = StorefrontSettings(WayIn.API, "Trattoria Demo", LANGUAGES, "#14532d", "EUR")
FIELDS = {field.name: field for field in project.contract_of("feedback").fields}
FORM = (WEB / "feedback.html").read_text()


def texts(code):
    return json.loads((WEB / "languages" / f"{code}.json").read_text())


def flat(value, place=""):
    if isinstance(value, str):
        return {place: value}
    return {key: text for name, inner in value.items() for key, text in flat(inner, f"{place}.{name}").items()}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_every_text_with_the_places_for_numbers(code):
    english, others = flat(texts("en")), flat(texts(code))
    assert others.keys() == english.keys()
    places = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert {key: set(re.findall(r"\{\w+\}", text)) for key, text in others.items()} == places
    assert texts(code)["text_direction"] in ("ltr", "rtl")


@pytest.mark.parametrize("page", ["feedback", "survey"])
def test_every_text_of_the_forms_scripts_is_used(page):
    code = "".join((WEB / f"{name}.js").read_text() for name in (page, "answer", "outbox"))
    for key in texts("en")["script"][page]:
        assert key.removeprefix("earlier_") in code, key


def test_a_page_is_made_for_every_language_and_worker_keeps_all_that_a_form_loads():
    site = Site(SETTINGS, WEB)
    worker = next(asset for asset in site.assets if asset.file == "service-worker.js").content
    by_path = {asset.path: asset.content for asset in site.assets}
    waiting = {path for page in site.pages if page.name.startswith("feedback") for path in assets_of(page.html({}))}
    loaded = set()
    while waiting:
        path = waiting.pop()
        loaded.add(path)
        waiting |= assets_of(by_path[path]) - loaded
    assert loaded == assets_of(worker)


def assets_of(text):
    return set(re.findall(r"/assets/[\w.-]+\.\w+", text))


def test_the_form_s_limits_are_the_contract_s():
    [found] = re.findall(r"LIMITS = \{(.*?)\}", (WEB / "answer.js").read_text())
    limits = {name: int(limit) for name, limit in re.findall(r"(\w+): (\d+)", found)}
    assert limits == {name: FIELDS[name].max_length for name in ("store_id", "table_id", "comment", "contact")}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_guest_is_told_how_many_days_an_answer_is_kept(code):
    [days] = re.findall(r"KEPT_MILLISECONDS = (\d+) \* 24 \* 3600 \* 1000;", (WEB / "outbox.js").read_text())
    for page in ("feedback", "survey"):
        told = texts(code)["script"][page]
        for key in ("waiting", "earlier_expired"):
            assert re.findall(r"\d+", told[key]) == [days], (page, key)


def test_the_form_offers_every_score_of_the_contract():
    offered = [int(score) for score in re.findall(r'name="score" value="(\d+)"', FORM)]
    assert offered == list(range(int(FIELDS["score"].minimum), int(FIELDS["score"].maximum) + 1))


def test_the_survey_s_limits_are_the_contract_s_and_every_dashboard_s_name_keeps_them():
    script = (WEB / "survey.js").read_text()
    fields = {field.name: field for field in project.contract_of("survey").fields}
    assert re.findall(r"MAX_COMMENT = (\d+);", script) == [str(fields["comment"].max_length)]
    [name] = re.findall(r"DASHBOARD = /(.*)/;", script)
    longest = fields["dashboard"].max_length
    assert name == fields["dashboard"].pattern.replace("*", f"{{0,{longest - 1}}}")
    assert all(re.fullmatch(name, dashboard.name) for dashboard in dashboards.ALL)
