"""Clients are made once for each identity, and not kept for ever for those that come and go."""

import gc
import weakref

from rapid.local.clients import Clients, Credentials


def caller(number: int) -> Credentials:
    return Credentials(f"key-{number}", "secret", "token")


def test_a_caller_who_comes_again_finds_the_same_clients() -> None:
    clients = Clients("http://127.0.0.1:1")
    assert clients.of_caller(caller(0)).client("sts") is clients.of_caller(caller(0)).client("sts")
    assert clients.of_caller(caller(0)).client("sts") is not clients.of_caller(caller(1)).client("sts")


def test_clients_of_callers_long_gone_are_let_go() -> None:
    clients = Clients("http://127.0.0.1:1")
    own = clients.client("sts")
    first = weakref.ref(clients.of_caller(caller(0)).client("sts"))
    for number in range(1, 40):
        clients.of_caller(caller(number)).client("sts")
    gc.collect()
    assert first() is None
    assert clients.client("sts") is own
