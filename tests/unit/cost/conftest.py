import pytest

from rapid.cli.stack_settings import settings_of


@pytest.fixture(scope="session")
def offer():
    """The program of the stack prod with all parts, recorded once: it takes seconds."""
    from rapid.cli.estimate import offer_of

    return offer_of(settings_of("prod"))
