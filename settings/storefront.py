"""The keys of the storefront: what guests see, and how what they send comes in."""

import math
import re
from collections.abc import Callable, Collection
from enum import Enum
from functools import cache
from pathlib import Path

import iso4217

from components.storefront.settings import StorefrontSettings, WayIn
from contracts.storefront import NEEDED

from . import values
from .reader import aws_endpoints, missing, read, unusable

KEYS = (
    "brand_color",
    "business_name",
    "currency",
    "languages",
    "storefront",
    "storefront_certificate_arn",
    "storefront_domain",
)
"""Every key that is read here."""

DEFAULT_LANGUAGES: tuple[str, ...] = ("en",)

LANGUAGES_FOLDER = Path("web", "languages")
"""In the folder of the program: a file a language."""
LEAST_CONTRAST = 4.5
"""Of white text on the brand's colour: https://www.w3.org/TR/WCAG22/#contrast-minimum"""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?")
"""Language, script and region of a language tag: https://www.rfc-editor.org/rfc/rfc5646#section-2.1"""
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_CERTIFICATE = re.compile(r"arn:[\w-]+:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}")
"""CloudFront takes certificates of this region alone:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""
_OF_PAGES = {"cognito-identity": "cognitoidentity", "firehose": "firehose"}
"""What pages talk to with a guest's credentials, and what the provider calls it in `aws:endpoints`."""
MAX_NAME = 80
"""Characters of the business's name: a line on a phone, and on a card."""


class StorefrontChoice(Enum):
    """How the storefront's pages send what guests say."""

    NONE = "none"
    """There are no pages."""
    API = "api"
    """By API Gateway."""
    GUEST = "guest"
    """As guests of Amazon Cognito, straight onto the stream."""


def money() -> str:
    """The currency of prices. Raises SettingsError."""
    return read("currency", "USD", currency)


def spoken() -> tuple[str, ...]:
    """Codes of the languages, the default first. Raises SettingsError."""
    return read("languages", DEFAULT_LANGUAGES, languages)


def storefront(sources: Collection[str]) -> StorefrontSettings | None:
    """What the pages are made of; None where there are none.

    `sources` are those that the stack is to have; empty: all. Raises SettingsError.
    """
    choice = read("storefront", StorefrontChoice.NONE, values.choice(StorefrontChoice))
    name = read("business_name", "", business_name)
    codes = spoken()
    color = read("brand_color", "#14532d", brand_color)
    host, certificate = (
        read("storefront_domain", None, domain),
        read("storefront_certificate_arn", None, certificate_arn),
    )
    if host and not certificate:
        raise missing("storefront_certificate_arn", "storefront_domain")
    if certificate and not host:
        raise missing("storefront_domain", "storefront_certificate_arn")
    if choice is StorefrontChoice.NONE:
        return None
    if not name:
        raise missing("business_name", f"storefront: {choice.value}")
    _check("sources", require_sources, sources)
    _check("languages", require_files, codes)
    return StorefrontSettings(
        way_in=WayIn(choice.value),
        business_name=name,
        languages=codes,
        brand_color=color,
        currency=money(),
        domain=host,
        certificate_arn=certificate,
        endpoints=_endpoints(),
    )


def _check(key: str, require: Callable[[Collection[str]], None], found: Collection[str]) -> None:
    try:
        require(found)
    except ValueError as error:
        raise unusable(key, str(error)) from None


def _endpoints() -> dict[str, str]:
    found = aws_endpoints()
    return {name: found[key] for name, key in _OF_PAGES.items() if key in found}


def business_name(text: str) -> str:
    """A name in one line, as guests see it."""
    if not 1 <= len(text) <= MAX_NAME or text != text.strip() or not text.isprintable():
        raise ValueError(f"must be a name of 1 to {MAX_NAME} characters in one line, without spaces around it")
    return text


def languages(text: str) -> tuple[str, ...]:
    """Codes of languages, the default first."""
    found = tuple(part.strip() for part in text.split(","))
    if len(set(found)) != len(found) or not all(map(_LANGUAGE.fullmatch, found)):
        raise ValueError("must be codes of languages with commas between, each once, the default first, such as en,de")
    return found


def require_sources(sources: Collection[str]) -> None:
    """Raise ValueError for chosen sources without those that the pages send to."""
    if sources and (absent := sorted({*NEEDED} - {*sources})):
        raise ValueError(f"must have {' and '.join(absent)} too, since the storefront's pages send there")


def require_files(codes: Collection[str], folder: Path = LANGUAGES_FOLDER) -> None:
    """Raise ValueError for a language that has no file, naming those that have one."""
    there = sorted(file.stem for file in folder.glob("*.json"))
    for code in codes:
        if code not in there:
            raise ValueError(
                f"names {code!r}, which has no file {(LANGUAGES_FOLDER / code).as_posix()}.json; "
                f"there are {', '.join(there) or 'none'}; write one after those, or take it out"
            )


def brand_color(text: str) -> str:
    """A colour that white text can be read on."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("must be a colour as # and six hexadecimal digits, such as #14532d")
    contrast = _contrast_with_white(text)
    if contrast < LEAST_CONTRAST:
        raise ValueError(
            f"must be darker: white text on it has a contrast of {math.floor(contrast * 10) / 10}:1, and "
            f"{LEAST_CONTRAST}:1 is the least that people with weak eyes can read"
        )
    return text.lower()


def currency(text: str) -> str:
    """A currency of ISO 4217 that prices can be in: one with a number of decimals."""
    if text not in _currencies():
        raise ValueError("must be a currency's three letters in ISO 4217, such as USD or EUR")
    return text


def domain(text: str) -> str:
    """A host name."""
    if not _DOMAIN.fullmatch(text):
        raise ValueError("must be a host name in small letters, without https://, such as guests.example.com")
    return text


def certificate_arn(text: str) -> str:
    """The ARN of a certificate that CloudFront can take."""
    if not _CERTIFICATE.fullmatch(text):
        raise ValueError(
            "must be the ARN of a certificate of AWS Certificate Manager in us-east-1, which is where CloudFront takes "
            "them from, such as arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        )
    return text


def _contrast_with_white(color: str) -> float:
    """The contrast ratio of white and a colour: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    shares = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


@cache
def _currencies() -> frozenset[str]:
    """What things are priced in: neither metals nor tests, which have no decimals, nor units of accounts of funds."""
    return frozenset(
        entry.findtext("Ccy", "")
        for entry in iso4217.raw_xml.iter("CcyNtry")
        if entry.findtext("CcyMnrUnts", "").isdigit() and entry.find("CcyNm[@IsFund]") is None
    )
