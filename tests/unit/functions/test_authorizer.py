"""The LDAP authorizer before a real directory: whom it lets in, whom it does not, and what it says of them."""

import base64
import contextlib
import importlib.util
import json
import socket
import ssl
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapid.local.ldap import SAMPLE_PEOPLE, Person
from rapid.local.ldap.certificates import issue
from tests import slapd

GROUPS = {
    "/ingest/appsflyer": ["appsflyer"],
    "/users": ["crm", "cashiers", "shop-managers"],
    "/feedback": ["appsflyer"],
}
STAGE = "arn:aws:execute-api:us-east-1:123456789012:abc123/v1"
PASSWORD = "sample-password"
UNAUTHORIZED = r"^Unauthorized$"
PEOPLE = (
    *SAMPLE_PEOPLE,
    Person("manager", "Grüße, €: 北京", ("shop-managers", "appsflyer")),
    Person("colon", "a:b:c", ("crm",)),
    Person("boss", PASSWORD, ("Cashiers",)),
    Person("newcomer", PASSWORD, ("appsflyer",), {"pwdReset": "TRUE"}),
    Person("shut", PASSWORD, ("appsflyer",), {"pwdAccountLockedTime": "000001010000Z"}),
    Person("forgetful", PASSWORD, ("appsflyer",)),
    Person(
        "lasting", PASSWORD, ("appsflyer",), {"nsAccountLock": "FALSE", "krbPrincipalExpiration": "20990101000000Z"}
    ),
)


def alone(module):
    """A module of the function that needs no others."""
    path = Path(__file__).parents[3] / "functions" / "authorizer" / f"{module}.py"
    spec = importlib.util.spec_from_file_location(f"alone_{module}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


POLICY = alone("password_policy")


@pytest.fixture(scope="module")
def directory():
    with slapd.started(PEOPLE) as running:
        yield running


@pytest.fixture
def authorizer(package):
    """The function, set up for a directory."""

    def load(url, ca_certificate, base_dn="dc=shop,dc=test"):
        return package(
            "authorizer",
            files={"ca.pem": ca_certificate},
            LDAP_URL=url,
            LDAP_BASE_DN=base_dn,
            GROUPS=json.dumps(GROUPS),
        )

    return load


@pytest.fixture
def ask(authorizer, directory):
    """Ask the function about a header; the paths that it allows."""
    loaded = authorizer(directory.url, directory.ca_certificate)
    return lambda *headers: allowed(loaded.handler.handler(event(*headers), CONTEXT))


CONTEXT = SimpleNamespace(function_name="ldap-authorizer")


def basic(user, password, encode=base64.b64encode):
    return "Basic " + encode(f"{user}:{password}".encode()).decode()


def event(*headers):
    return {
        "type": "REQUEST",
        "methodArn": f"{STAGE}/POST/ingest/appsflyer",
        "multiValueHeaders": {"Authorization": list(headers)} if headers else {},
        "requestContext": {"requestId": "request-1"},
    }


def allowed(answer):
    """The paths of a policy; none where it denies all."""
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    if statement["Effect"] == "Deny":
        assert statement["Resource"] == [f"{STAGE}/*"]
        return set()
    return {resource.removeprefix(f"{STAGE}/POST") for resource in statement["Resource"]}


def logged(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("user", "password", "paths"),
    [
        ("appsflyer", PASSWORD, {"/ingest/appsflyer", "/feedback"}),
        ("AppsFlyer", PASSWORD, {"/ingest/appsflyer", "/feedback"}),
        ("manager", "Grüße, €: 北京", {"/ingest/appsflyer", "/feedback", "/users"}),
        ("colon", "a:b:c", {"/users"}),
        ("boss", PASSWORD, {"/users"}),
        ("lasting", PASSWORD, {"/ingest/appsflyer", "/feedback"}),
        ("outsider", PASSWORD, set()),
    ],
)
def test_the_policy_names_every_path_that_the_groups_open_and_no_other(ask, user, password, paths):
    assert ask(basic(user, password)) == paths


@pytest.mark.parametrize(
    "header",
    [
        basic("manager", "Grüße, €: 北京", base64.urlsafe_b64encode),
        basic("appsflyer", PASSWORD).rstrip("="),
        basic("appsflyer", PASSWORD).replace("Basic", "bASIC"),
        basic("appsflyer", PASSWORD).replace("Basic ", "Basic   "),
    ],
)
def test_the_header_may_be_written_as_senders_can(ask, header):
    assert "/ingest/appsflyer" in ask(header)


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        ("appsflyer", "wrong", "invalid credentials"),
        ("nobody", PASSWORD, "invalid credentials"),
        ("locked", PASSWORD, "account locked"),
        ("shut", PASSWORD, "account locked"),
        ("expired", PASSWORD, "password expired"),
        ("gone", PASSWORD, "account expired"),
        ("newcomer", PASSWORD, "password must be changed"),
    ],
)
def test_who_may_not_log_in_is_unauthorized_and_the_log_says_why_but_not_who(ask, capsys, user, password, reason):
    with pytest.raises(Exception, match=UNAUTHORIZED) as refused:
        ask(basic(user, password))
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "level": "INFO",
        "requestId": "request-1",
        "outcome": "refused",
        "reason": reason,
    }


def test_an_account_that_the_directory_locks_after_wrong_passwords_stays_out_with_the_right_one(ask):
    for _ in range(5):
        with pytest.raises(Exception, match=UNAUTHORIZED):
            ask(basic("forgetful", "wrong"))
    with pytest.raises(Exception, match=UNAUTHORIZED):
        ask(basic("forgetful", PASSWORD))


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("",),
        ("Basic",),
        ("Basic ",),
        ("Basic !!!",),
        ("Bearer " + base64.b64encode(b"appsflyer:sample-password").decode(),),
        ("Basic " + base64.b64encode(b"appsflyer").decode(),),
        ("Basic " + base64.b64encode(b"appsflyer:\xff").decode(),),
        (basic("appsflyer", ""),),
        (basic("", PASSWORD),),
        (basic("", ""),),
        (basic("appsflyer", PASSWORD + "\x00"),),
        (basic("appsflyer\x00", PASSWORD),),
        (basic("*", PASSWORD),),
        (basic("appsflyer)(uid=*", PASSWORD),),
        (basic("*)(&", PASSWORD),),
        (basic("appsflyer,cn=users", PASSWORD),),
        (basic("appsflyer\\2c", PASSWORD),),
        (basic("appsflyer+cn=appsflyer", PASSWORD),),
        (basic(" appsflyer", PASSWORD),),
        (basic("appsflyer ", PASSWORD),),
        (basic("\u0430ppsflyer", PASSWORD),),
        (basic("a" * 300, PASSWORD),),
        (basic("appsflyer", PASSWORD), basic("appsflyer", PASSWORD)),
    ],
)
def test_what_cannot_be_a_login_is_unauthorized_and_reaches_no_directory(authorizer, capsys, headers):
    loaded = authorizer("ldaps://localhost:1", issue(["localhost"]).authority)
    with pytest.raises(Exception, match=UNAUTHORIZED):
        loaded.handler.handler(event(*headers), CONTEXT)
    assert [line["reason"] for line in logged(capsys)] == ["no login"]


def test_the_password_is_what_was_sent_however_long_it_is(ask):
    with pytest.raises(Exception, match=UNAUTHORIZED):
        ask(basic("appsflyer", PASSWORD + "x" * 5000))


NOT_THE_PASSWORD = st.text(min_size=1).filter(lambda text: text != PASSWORD)


def test_no_other_text_is_a_password_or_a_user(ask):
    @settings(max_examples=60)
    @given(st.one_of(st.tuples(st.just("lasting"), NOT_THE_PASSWORD), st.tuples(st.text(), st.text())))
    def check(login):
        try:
            header = basic(*login)
        except UnicodeEncodeError:
            return
        with pytest.raises(Exception, match=UNAUTHORIZED):
            ask(header)

    check()


def test_the_name_of_another_kind_of_group_opens_nothing(authorizer, directory):
    loaded = authorizer(directory.url, directory.ca_certificate)
    group = loaded.handler._directory._group
    assert group("cn=AppsFlyer,CN=groups,cn=Accounts,dc=shop,dc=test") == "appsflyer"
    assert group("cn=appsflyer,cn=roles,cn=accounts,dc=shop,dc=test") is None
    assert group("cn=appsflyer,cn=groups,cn=accounts,dc=other,dc=test") is None
    assert group("cn=x,cn=appsflyer,cn=groups,cn=accounts,dc=shop,dc=test") is None


def unavailable(loaded, capsys):
    """The reason that is logged where the directory cannot be asked; nobody is let in, and a metric counts it."""
    with pytest.raises(Exception, match=r"^The directory could not be asked$"):
        loaded.handler.handler(event(basic("appsflyer", PASSWORD)), CONTEXT)
    printed = capsys.readouterr().out
    assert "appsflyer" not in printed
    assert PASSWORD not in printed
    line = json.loads(printed)
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric["Metrics"] == [{"Name": "DirectoryUnavailable", "Unit": "Count"}]
    assert line["DirectoryUnavailable"] == 1
    assert all(line[dimension] for (dimension,) in metric["Dimensions"])
    assert line["level"] == "ERROR"
    return line["reason"]


def test_a_directory_that_is_down_lets_nobody_in(authorizer, capsys):
    loaded = authorizer("ldaps://localhost:1", issue(["localhost"]).authority)
    assert unavailable(loaded, capsys) == "LDAPSocketOpenError"


def test_a_directory_that_comes_back_is_asked_again(authorizer, capsys):
    with slapd.started(SAMPLE_PEOPLE) as directory:
        loaded = authorizer(directory.url, directory.ca_certificate)
        directory.stop()
        unavailable(loaded, capsys)
        directory.start()
        assert allowed(loaded.handler.handler(event(basic("appsflyer", PASSWORD)), CONTEXT))


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_speaks_no_tls_or_never_answers_lets_nobody_in(authorizer, capsys, monkeypatch, greeting):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held = []

        def serve():
            connection, _ = silent.accept()
            held.append(connection)
            connection.sendall(greeting)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        loaded = authorizer(f"ldaps://127.0.0.1:{silent.getsockname()[1]}", issue(["127.0.0.1"]).authority)
        monkeypatch.setattr(loaded.directory, "RECEIVE_SECONDS", 1)
        unavailable(loaded, capsys)
        serving.join()
        held[0].close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x00",
        # The answer to a bind with a result that no standard has, and one to something that was not asked.
        b"\x30\x0d\x02\x01\x01\x61\x08\x0a\x02\x7f\xff\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x63\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    ],
)
def test_a_server_that_answers_something_else_lets_nobody_in(authorizer, capsys, monkeypatch, tmp_path, answer):
    issued = issue(["127.0.0.1"])
    (tmp_path / "server.pem").write_text(issued.server + issued.server_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as foreign:

        def serve():
            with contextlib.suppress(OSError), context.wrap_socket(foreign.accept()[0], server_side=True) as client:
                client.recv(10_000)
                client.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        loaded = authorizer(f"ldaps://127.0.0.1:{foreign.getsockname()[1]}", issued.authority)
        monkeypatch.setattr(loaded.directory, "RECEIVE_SECONDS", 1)
        unavailable(loaded, capsys)
        serving.join()


def test_a_server_whose_certificate_another_authority_signed_is_not_asked(authorizer, directory, capsys):
    unavailable(authorizer(directory.url, issue(["localhost"]).authority), capsys)


def test_a_server_whose_certificate_is_of_another_host_is_not_asked(authorizer, capsys):
    with slapd.started(SAMPLE_PEOPLE, names=["ipa.example.com"]) as other:
        unavailable(authorizer(other.url, other.ca_certificate), capsys)


def test_a_directory_with_another_suffix_lets_nobody_in(authorizer, directory, capsys):
    loaded = authorizer(directory.url, directory.ca_certificate, base_dn="dc=other,dc=test")
    with pytest.raises(Exception, match=UNAUTHORIZED):
        loaded.handler.handler(event(basic("appsflyer", PASSWORD)), CONTEXT)


def test_an_address_without_tls_is_refused_before_anything_is_sent(authorizer):
    with pytest.raises(ValueError, match="must begin with ldaps://"):
        authorizer("ldap://localhost:389", issue(["localhost"]).authority)


@pytest.mark.parametrize(
    ("controls", "reason"),
    [
        ({}, None),
        ({"2.16.840.1.113730.3.4.4": {"value": b"0"}}, "password expired"),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x00"}}, None),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b""}}, None),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x03\x81\x01\x00"}}, "password expired"),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x03\x81\x01\x01"}}, "account locked"),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x03\x81\x01\x02"}}, "password must be changed"),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x03\x81\x01\x09"}}, "refused by the password policy"),
        # Seconds until the password expires, and logins that are left to an expired one.
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x05\xa0\x03\x80\x01\x3c"}}, None),
        ({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": b"\x30\x05\xa0\x03\x81\x01\x02"}}, "password expired"),
    ],
)
def test_what_the_directory_says_of_the_password_counts_although_it_took_it(controls, reason):
    assert POLICY.refusal(controls) == reason


@given(value=st.binary(min_size=1, max_size=20))
def test_of_a_damaged_control_it_is_said_that_it_is_one(value):
    with contextlib.suppress(POLICY.MalformedControlError):
        POLICY.refusal({"1.3.6.1.4.1.42.2.27.8.5.1": {"value": value}})
