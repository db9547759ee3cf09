"""From a printed code to the page: what a phone does at a table of the deployed storefront."""

from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
import urllib3
import zxingcpp
from typer.testing import CliRunner

from rapid.cli.app import app
from rapid.cli.target import LocalStack


def opened(link: str) -> urllib3.BaseHTTPResponse:
    """The answer to a browser, which takes every name below localhost for this machine."""
    parts = urlsplit(link)
    here = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    return urllib3.request("GET", here, headers={"Host": parts.netloc}, retries=False)


def test_a_printed_code_leads_to_the_feedback_form_of_the_deployed_stack(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["qr", "--store", "store1", "--tables", "7"])
    assert said.exit_code == 0, said.output
    assert "is on this machine alone: a phone does not reach it" in said.stderr
    with pypdfium2.PdfDocument(tmp_path / "qr-store1-feedback.pdf") as pages:
        text = pages[0].get_textpage().get_text_bounded()
        found = sorted(code.text for code in zxingcpp.read_barcodes(pages[0].render(scale=2).to_pil()))
    assert text.startswith("Trattoria Demo\r\nTable 7")
    assert found == [f"{stack.outputs['storefront_url']}/?store=store1{table}" for table in ("", "&table=7")]
    for link in found:
        page = opened(link)
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"Trattoria Demo" in page.data
