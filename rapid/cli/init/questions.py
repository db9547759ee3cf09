"""The questions, their defaults, and what an answer may be: the rules of the stack's own settings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts import unknown_names
from settings import storefront, values

from .. import project
from .options import Kind

Answers = Mapping[str, str]
"""By question."""

_STACK = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""Part of names in AWS, of a file and of commands; the Pulumi CLI would take more."""
_ALL = "all"


@dataclass(frozen=True)
class Question:
    """One question; its name is that of the option, and where it has one, that of the configuration key."""

    name: str
    text: str
    default: Callable[[Answers], str]
    """By the answers before it; empty: there is none, and nothing is a good answer only where `check` takes it."""
    check: Callable[[str, Answers], object]
    """Raises ValueError with what the answer must be."""
    key: str = ""
    """Configuration key that the answer goes to; empty: none."""
    of_pages: bool = False
    """Whether it is about pages: where there are none, nobody is asked."""

    @property
    def option(self) -> str:
        """How it is said on the command line."""
        return "CUSTOMER" if self.name == "customer" else f"--{self.name.replace('_', '-')}"


def _stack(text: str, _before: Answers) -> None:
    if not _STACK.fullmatch(text):
        raise ValueError("must be 1 to 40 small letters, digits and hyphens, a letter first, such as bella-napoli")


def has_pages(answers: Answers) -> bool:
    """Whether guests have pages, by the answers; unless they say no, there are some."""
    return answers.get("storefront") != storefront.StorefrontChoice.NONE.value


def _languages(text: str, _before: Answers) -> None:
    storefront.require_files(storefront.languages(text), project.ROOT / storefront.LANGUAGES_FOLDER)


def _sources(text: str, before: Answers) -> None:
    chosen, known = chosen_sources(text), project.sources()
    for source in chosen:
        if source not in known:
            raise ValueError(f"names {source!r}, which {unknown_names.reason(source, known)}")
    if has_pages(before):
        storefront.require_sources(chosen)


def chosen_sources(text: str) -> tuple[str, ...]:
    """The names of sources; none for all. Raises ValueError."""
    return () if text in ("", _ALL) else values.sources(text)


def _region(text: str, _before: Answers) -> None:
    from botocore.session import Session

    session = Session()
    partitions = session.get_available_partitions()
    known = sorted(region for each in partitions for region in session.get_available_regions("firehose", each))
    if text not in known:
        raise ValueError(f"must be a region of AWS with Amazon Data Firehose, and {unknown_names.reason(text, known)}")


QUESTIONS = (
    Question("customer", "Name of the stack", lambda _before: "", _stack),
    Question(
        "storefront",
        "Pages for guests: none, api or guest (README.md, Configuration)",
        lambda _before: "api",
        lambda text, _before: values.choice(storefront.StorefrontChoice)(text),
        "storefront",
    ),
    Question(
        "business_name",
        "Name that guests see",
        lambda before: before["customer"].replace("-", " ").title(),
        lambda text, _before: storefront.business_name(text),
        "business_name",
        of_pages=True,
    ),
    Question(
        "languages",
        "Languages of the pages, the first is the default",
        lambda _before: "en",
        _languages,
        "languages",
        of_pages=True,
    ),
    Question(
        "brand_color",
        "Colour, dark enough for white text",
        lambda _before: "#14532d",
        lambda text, _before: storefront.brand_color(text),
        "brand_color",
        of_pages=True,
    ),
    Question(
        "currency",
        "Currency of prices",
        lambda _before: "USD",
        lambda text, _before: storefront.currency(text),
        "currency",
        of_pages=True,
    ),
    Question("sources", "Sources, with commas between, or all", lambda _before: _ALL, _sources, "sources"),
    Question(
        "notification_email",
        "Address for alarms and the budget; empty: nobody is told",
        lambda _before: "",
        lambda text, _before: text and values.email(text),
        "notification_email",
    ),
    Question("region", "Region of AWS", lambda _before: "us-east-1", _region, "aws:region"),
    Question(
        "kind",
        "Values of dev (data goes with the stack) or of prod (data is protected)",
        lambda _before: "prod",
        lambda text, _before: values.choice(Kind)(text),
    ),
)
"""In the order in which they are asked."""
