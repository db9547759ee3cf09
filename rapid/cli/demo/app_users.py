"""What users of the app do, from the day on which they install it, as AppsFlyer tells of it; what campaigns cost."""

import csv
import datetime
import io
import random
from collections.abc import Iterator, Sequence
from typing import Any

from ..generate import iso
from .business import CAMPAIGNS, Campaign, Day
from .guests import Happened

_STAYS = 0.72
"""How likely a user who came back on a day will come back once more, if nobody's campaign brought them."""
_DAYS_TO_RETURN, _DAYS_BETWEEN = 1.5, 6
"""Until an app is used again, on average: for the first time, and after that."""
_BUYS = 0.34
COST_COLUMNS = ("event_id", "campaign_id", "day", "cost", "currency", "clicks", "impressions")
_IMPRESSIONS_A_CLICK = 38


def app_events(day: Day) -> Iterator[Happened]:
    """Installs of a day, and what those users do on it and on the days after it."""
    for campaign in CAMPAIGNS:
        kind = f"install-{campaign.name or 'organic'}"
        for position in range(day.count(campaign.installs, kind)):
            yield from _user(day, campaign, day.id(kind, position), day.randomness(kind, position))


def _user(day: Day, campaign: Campaign, user: str, chance: random.Random) -> Iterator[Happened]:
    at, position = day.moment(chance), 0

    def told(event_type: str, **more: Any) -> Happened:
        by = {"campaign_id": campaign.name} if campaign.name else {}
        made = {"event_id": f"{user}-{position}", "user_id": user, "event_type": event_type, "timestamp": iso(at)}
        return at, {**made, **by, **more}

    yield told("install")
    while chance.random() < _STAYS * (0.5 + campaign.loyalty / 2):
        days = chance.expovariate(1 / (_DAYS_BETWEEN if position else _DAYS_TO_RETURN))
        at += datetime.timedelta(days=days, minutes=chance.randrange(5, 60))
        position += 1
        if chance.random() < _BUYS * campaign.loyalty:
            yield told("af_purchase", revenue=round(chance.uniform(9, 34), 2))
        else:
            yield told("af_login")


def costs(days: Sequence[Day], currency: str) -> str:
    """What campaigns cost on some days, as a CSV file. Only days that are over have costs."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COST_COLUMNS)
    for day in days:
        for campaign in CAMPAIGNS:
            if campaign.name is None:
                continue
            kind = f"cost-{campaign.name}"
            chance = day.randomness(kind)
            clicks = day.count(campaign.clicks, kind)
            cost = campaign.cost * day.scale * chance.gauss(1, 0.1)
            shown = int(clicks * _IMPRESSIONS_A_CLICK * chance.gauss(1, 0.05))
            # A business of another size has other costs, and no more campaigns.
            row_id = day.id(f"{kind}-{day.scale:g}", 0)
            rows.writerow((row_id, campaign.name, day.date, f"{cost:.2f}", currency, clicks, shown))
    return text.getvalue()
