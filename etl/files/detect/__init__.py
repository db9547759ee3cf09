"""A contract for a file that has none: what its columns hold, all rows looked at, and the contract that says so."""

from typing import NamedTuple

from etl.files.detect.profile import profile
from etl.files.detect.proposal import proposal
from etl.files.recognise import Recognised


class Detected(NamedTuple):
    """A contract as the text of `sources/<source>.yaml`, and how many rows it was made from."""

    text: str
    rows: int


def contract_for(found: Recognised, source: str, file_name: str) -> Detected:
    """A contract by which every readable row of the file is good. Raises Refused for a file without any."""
    made = profile(found)
    return Detected(proposal(made, source, file_name), made.rows)
