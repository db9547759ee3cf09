"""`rapid local ldap`: what it prints can be pasted, and where it cannot run it says what is missing."""

import socket
from collections.abc import Iterator

import pytest
import yaml
from typer.testing import CliRunner

from rapid.cli import local_ldap
from rapid.cli.app import app
from rapid.local.ldap import SAMPLE_PEOPLE, Slapd
from tests import slapd


@pytest.fixture(scope="module")
def directory() -> Iterator[Slapd]:
    with slapd.started(SAMPLE_PEOPLE) as running:
        yield running


def test_the_printed_lines_are_the_configuration_of_a_stack(directory: Slapd) -> None:
    assert yaml.safe_load(f"config:\n{local_ldap.settings(directory)}\n")["config"] == {
        "rapid-analytics:ldap_url": f"ldaps://localhost:{directory.port}",
        "rapid-analytics:ldap_base_dn": "dc=shop,dc=test",
        "rapid-analytics:ldap_ca_certificate": directory.ca_certificate,
    }


def test_a_port_that_is_taken_is_named(directory: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = CliRunner().invoke(app, ["local", "ldap", "--port", str(port)])
    assert ended.exit_code == 1
    assert ended.stderr.startswith(f"error: port {port} cannot be used: ")


def test_without_the_server_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("rapid.local.ldap.slapd._PROGRAMS", ())
    ended = CliRunner().invoke(app, ["local", "ldap"])
    assert ended.exit_code == 1
    assert "error: OpenLDAP's server slapd is not installed; on Debian or Ubuntu: apt-get install slapd" in ended.stderr
