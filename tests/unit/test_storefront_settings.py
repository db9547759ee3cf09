"""The configuration of what guests see, and of the sources that a stack has."""

import json
from pathlib import Path

import pytest

import settings
from components.storefront.settings import StorefrontSettings, WayIn

ROOT = Path(__file__).parents[2]
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
SHOP = {"storefront": "api", "business_name": "Café Zürich"}


@pytest.fixture(autouse=True)
def languages(tmp_path, monkeypatch):
    """A program's folder with pages in three languages."""
    folder = tmp_path / "web" / "languages"
    folder.mkdir(parents=True)
    for code in ("en", "de", "pt-BR"):
        (folder / f"{code}.json").write_text("{}")
    monkeypatch.chdir(tmp_path)


def test_a_storefront_takes_a_name_and_has_defaults_for_the_rest(load):
    assert load().storefront is None
    assert load(**SHOP).storefront == StorefrontSettings(WayIn.API, "Café Zürich", ("en",), "#14532d", "USD")


def test_a_storefront_is_what_its_keys_say(load):
    found = load(
        **SHOP | {"storefront": "guest"},
        languages="de, pt-BR,en",
        brand_color="#7C2D12",
        currency="CHF",
        storefront_domain="guests.example.com",
        storefront_certificate_arn=CERTIFICATE,
    ).storefront
    assert found == StorefrontSettings(
        WayIn.GUEST, "Café Zürich", ("de", "pt-BR", "en"), "#7c2d12", "CHF", "guests.example.com", CERTIFICATE
    )


def test_pages_know_where_the_services_of_a_local_cloud_are(deploy):
    url, found = "http://127.0.0.1:4566", []
    endpoints = json.dumps([{"cognitoidentity": url, "firehose": url, "s3": url}])
    deploy(
        lambda: found.append(settings.load()),
        config={**SHOP, "aws:endpoints": endpoints},
    )
    assert found[0].storefront.endpoints == {"cognito-identity": url, "firehose": url}


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("storefront", "yes", "must be one of none, api, guest"),
        ("business_name", " Trattoria", "must be a name of 1 to 80 characters in one line, without spaces around it"),
        ("business_name", "Trattoria\tDemo", "must be a name of 1 to 80 characters in one line"),
        ("business_name", "T" * 81, "must be a name of 1 to 80 characters in one line"),
        ("languages", "german", "must be codes of languages with commas between, each once"),
        ("languages", "en,en", "must be codes of languages with commas between, each once"),
        ("languages", "en,", "must be codes of languages with commas between, each once"),
        ("languages", "../en", "must be codes of languages with commas between, each once"),
        ("brand_color", "green", "must be a colour as # and six hexadecimal digits, such as #14532d"),
        ("brand_color", "#fff", "must be a colour as # and six hexadecimal digits"),
        ("brand_color", "#777777", "must be darker: white text on it has a contrast of 4.4:1, and 4.5:1 is the least"),
        ("currency", "usd", "must be a currency's three letters in ISO 4217, such as USD or EUR"),
        ("currency", "DEM", "must be a currency's three letters in ISO 4217"),
        ("currency", "XAU", "must be a currency's three letters in ISO 4217"),
        ("currency", "CHE", "must be a currency's three letters in ISO 4217"),
        ("sources", "feedback,feedback", "must be names of sources with commas between, each once"),
        ("sources", "feedback.yaml", "must be names of sources with commas between, each once"),
        ("storefront_domain", "https://guests.example.com", "must be a host name in small letters, without https://"),
        ("storefront_domain", "localhost", "must be a host name in small letters"),
        ("storefront_certificate_arn", CERTIFICATE.replace("us-east-1", "eu-central-1"), "must be the ARN of a cert"),
    ],
)
def test_a_bad_value_is_refused_naming_the_key_the_value_and_the_fix(load, key, value, fix):
    with pytest.raises(settings.SettingsError) as refused:
        load(**{key: value})
    message = str(refused.value)
    assert message.startswith(f"config rapid-analytics:{key}: {value!r} {fix}")
    assert f"pulumi config set rapid-analytics:{key}" in message


@pytest.mark.parametrize("color", ["#767676", "#14532d", "#000000"])
def test_white_text_can_be_read_on_a_brand_s_colour(load, color):
    assert load(**SHOP, brand_color=color).storefront.brand_color == color


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "KWD", "XOF"])
def test_prices_are_in_any_currency_that_things_are_sold_in(load, currency):
    assert load(**SHOP, currency=currency).storefront.currency == currency


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"storefront": "api"}, "business_name: is not set, and storefront: api needs it"),
        (SHOP | {"storefront_domain": "a.example.com"}, "certificate_arn: is not set, and storefront_domain needs it"),
        (SHOP | {"storefront_certificate_arn": CERTIFICATE}, "storefront_domain: is not set, and storefront_certif"),
        (
            SHOP | {"sources": "feedback"},
            "sources: must have clickstream too, since the storefront's pages send there; or remove",
        ),
        (SHOP | {"sources": "orders"}, "sources: must have clickstream and feedback too"),
        (
            SHOP | {"languages": "en,fr"},
            r"languages: names 'fr', which has no file web/languages/fr\.json; there are de, en, pt-BR; write one",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_refused_naming_what_is_missing(load, config, named):
    with pytest.raises(settings.SettingsError, match=named):
        load(**config)


def test_a_stack_has_all_sources_or_those_that_are_named(load):
    assert load().sources == ()
    assert load(sources="feedback, clickstream").sources == ("feedback", "clickstream")
