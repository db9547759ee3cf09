"""Publishes menus: reads what was uploaded, checks it, writes pages, and lets CloudFront forget the old ones.

An event only says that a store's menu may have changed. What is published is the version that is current when it is
read, and that is looked at again after pages were written: whoever wrote last has seen the last version. So two uploads
at once, events in any order, and an invocation that was killed, which Lambda repeats, all end with the current menu.
"""

import json
import os
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import menu_file
import refusal
from botocore.config import Config
from menu_model import Problem, Rules
from menu_page import Frames
from menus_bucket import MenusBucket, Version
from site_bucket import SiteBucket
from store_key import page_of, store_of

_config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
_s3 = boto3.client("s3", config=_config)
_menus = MenusBucket(_s3, os.environ["MENUS_BUCKET"])
_site = SiteBucket(
    _s3,
    boto3.client("cloudfront", config=_config),
    os.environ["SITE_BUCKET"],
    os.environ["DISTRIBUTION_ID"],
    os.environ["CACHE_CONTROL"],
)
_frames = Frames(json.loads((Path(__file__).parent / "frames.json").read_text("utf-8")), os.environ["CURRENCY"])
_rules = Rules(_frames.languages, _frames.currency)
_CREATED = "Object Created"


class _Outcome(Enum):
    PUBLISHED = "published"
    REFUSED = "refused"
    REMOVED = "removed"


def handler(event: dict[str, Any], _context: object) -> dict[str, list[str]] | None:
    """Handle what S3 tells of a menu through EventBridge; or `{"deployed": ...}`, which publishes all menus anew.

    After a deployment the answer has the stores by what became of them.
    """
    if "deployed" in event:
        return _publish_all()
    told = event["detail"]["object"]
    store = store_of(told["key"])
    if store:
        _publish(store, told.get("version-id", ""))
        _site.invalidate_changed()
    elif event["detail-type"] == _CREATED:
        _tell(told["key"], refusal.of_key(told["key"]))
    return None


def _publish_all() -> dict[str, list[str]]:
    """Publish all menus as pages are now; one that is refused has the pages of the version that guests see."""
    ended: dict[str, list[str]] = {outcome.value: [] for outcome in _Outcome}
    for store in sorted(_menus.stores() | _site.stores()):
        ended[_publish(store, None).value].append(store)
    _site.invalidate_all()
    return ended


def _publish(store: str, event_version: str | None) -> _Outcome:
    """Bring a store's pages to its current menu; what became of that.

    `event_version` is the version of the event that called for it: each upload has one, and is told of once. None: a
    deployment, which tells of all that is refused, and makes anew the pages that guests see instead.
    """
    current = _menus.current(store)
    while True:
        outcome = _bring(store, current, event_version)
        latest = _menus.current(store)
        if latest == current:
            return outcome
        current = latest


def _bring(store: str, version: Version | None, event_version: str | None) -> _Outcome:
    if version is None:
        _site.remove(store, _keys(store).values())
        return _log(_Outcome.REMOVED, store)
    problems = _write(store, version)
    if not problems:
        return _log(_Outcome.PUBLISHED, store, version=version.id)
    if event_version in (None, version.id):
        _tell(version.key, refusal.of_version(version, problems))
    if event_version is None and (shown := _site.shown(store)):
        _write(store, shown)
    return _log(_Outcome.REFUSED, store, version=version.id, problems=len(problems))


def _log(outcome: _Outcome, store: str, **more: object) -> _Outcome:
    print(json.dumps({"level": "INFO", "message": outcome.value, "store": store, **more}))
    return outcome


def _write(store: str, version: Version) -> Sequence[Problem]:
    """Write the pages of a version, and delete those of languages that there are no more; or what is wrong with it."""
    content = _menus.read(version)
    if content is None:
        return (Problem("", "it was deleted while it was read"),)
    checked = menu_file.check(content, version.ending, _rules)
    if checked.menu:
        keys = _keys(store)
        _site.write(version, {key: _frames.page(checked.menu, store, language) for language, key in keys.items()})
        _site.delete_others(store, keys.values())
    return checked.problems


def _keys(store: str) -> dict[str, str]:
    """The key of a store's page in each language."""
    return {language: page_of(store, language, _rules.default_language) for language in _rules.languages}


def _tell(key: str, message: str) -> None:
    _sns().publish(TopicArn=os.environ["TOPIC_ARN"], Subject=refusal.subject(key), Message=message)


@cache
def _sns() -> Any:
    """Made where a mail is sent, which is seldom: a client takes time at a cold start."""
    return boto3.client("sns", config=_config)
