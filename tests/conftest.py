"""Settings of every test run."""

import os
import shutil
import signal
import sys
from collections.abc import Generator
from functools import cache

import pytest
import urllib3
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.deployed.fixtures"]

# Speed belongs to bench/: a slow machine must not fail a test.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
# What a shell starts in the background ignores Ctrl-C, and so would all that is started here to be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Else it gives up after three seconds.
urllib3.request.__kwdefaults__["timeout"] = 120


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: three tenths of a run are waits, for processes that begin and end."""
    return (os.cpu_count() or 1) + 1


_COLLECTED = pytest.StashKey[list[pytest.Item]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep all tests of this run, before some are deselected."""
    config.stash[_COLLECTED] = items[:]


@pytest.fixture(scope="session")
def collected_tests(pytestconfig: pytest.Config) -> list[pytest.Item]:
    """All tests of the files of this run, those that are deselected too."""
    return pytestconfig.stash[_COLLECTED]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program. Without one the tests are skipped, in CI they fail."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed (apt-get install chromium)")
        pytest.skip("chromium is not installed (apt-get install chromium): NO browser was tried")
    return found


def pytest_collection_finish() -> None:
    """Where a test may start a local cloud, its answers are checked against the services' models."""
    if "rapid.local.cloud" in sys.modules:
        from . import response_checks  # imports the local cloud

        response_checks.install()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """boto3's default session keeps the credentials of the first test that used it; each test begins without one."""
    if "boto3" in sys.modules:
        sys.modules["boto3"].DEFAULT_SESSION = None  # type: ignore[attr-defined]
        _share_service_models()


@cache
def _share_service_models() -> None:
    """All sessions share what was read of botocore's data; each would read the service models again."""
    from botocore import loaders, session

    session.create_loader = cache(loaders.create_loader)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """An answer that its service's model does not have fails the test that caused it."""
    result = yield
    _check_answers()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """So does one that a fixture caused."""
    result = yield
    _check_answers()
    return result


def _check_answers() -> None:
    checks = sys.modules.get("tests.response_checks")
    wrong = checks.take_problems() if checks else []
    if wrong:
        pytest.fail("Answers that are not as the service's model says:\n" + "\n".join(wrong), pytrace=False)
