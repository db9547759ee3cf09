"""Jobs name folders by themselves, and by the same names as components and the command `rapid`."""

from contracts import folders
from etl.files import places as files
from etl.forget import places, requests


def test_jobs_write_where_components_and_commands_look() -> None:
    assert [f"{folders.ERASURES}/", f"{folders.ERASURE_REQUESTS}/"] == [requests.REPORTS, requests.REQUESTS]
    assert [f"{folders.BAD_ROWS}/", f"{folders.FILTERED}/"] == [files.BAD_ROWS, files.FILTERED]
    assert f"{folders.ERRORS}/" == places.ERRORS
