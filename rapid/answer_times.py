"""Times in answers of AWS, read by Python itself where they are in ISO 8601: botocore's way takes longer than all the
rest of a listing, which has one for each object."""

import datetime
from typing import Any

from botocore.session import Session
from botocore.utils import parse_timestamp


def read_by(session: Session) -> Session:
    """The session, whose clients read times so from now on."""
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=read)
    return session


def read(value: Any) -> datetime.datetime:
    """The time that a value of an answer stands for. Raises ValueError."""
    if isinstance(value, str) and value[4:5] == "-" and value.endswith("Z"):
        try:
            return datetime.datetime.fromisoformat(value)
        except ValueError:
            # Python knows fewer ways to write a time.
            pass
    found: datetime.datetime = parse_timestamp(value)
    return found
