"""Each door of the deployed API: with right, wrong and no credentials."""

from rapid.cli.target import LocalStack
from tests.deployed.doors import doors, opening, post


def test_right_credentials_open_a_door_and_wrong_and_none_are_refused_in_one_shape(stack: LocalStack) -> None:
    for url, operation, schemes in doors(stack):
        if not schemes:
            assert 200 <= post(url, operation, None).status <= 299, url
        for scheme in schemes:
            right, wrong = opening(stack, scheme)
            if right:
                assert 200 <= post(url, operation, right).status <= 299, url
            for refused in (post(url, operation, wrong), post(url, operation, None)):
                assert refused.status in (401, 403), (url, refused.status)
                assert set(refused.json()) == {"message", "errors", "requestId"}
