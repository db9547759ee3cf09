import json

import pytest

from components.private_bucket import DataProtection
from components.storefront.menus import Menus
from tests.unit.components.engine import ACCOUNT, REGION

ARGS = {
    "site_bucket_arn": "arn:aws:s3:::site",
    "distribution_arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
    "frames": {"en": "<html/>", "de": "<html lang='de'/>"},
    "deployed": "1",
    "currency": "EUR",
    "data_policy": {"protection": DataProtection.DESTROY},
}


@pytest.fixture
def menus():
    return lambda **changes: lambda: Menus("menus", {**ARGS, **changes})


def test_whatever_is_put_into_the_bucket_or_removed_calls_the_function(deploy, menus):
    deployment = deploy(menus())
    assert json.loads(deployment.one("EventRule").inputs["eventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": ["menus-bucket-1a2b3c4"]}},
    }
    assert deployment.one("BucketNotification").inputs["eventbridge"] is True


def test_the_function_may_read_menus_change_their_pages_and_tell_of_it_and_no_more(deploy, menus):
    statements = deploy(menus()).one("RolePolicy", "menus-publisher-execution-policy").policy()
    bucket = "arn:aws:s3:::menus-bucket-1a2b3c4"
    found = {tuple(statement["Action"]): statement["Resource"] for statement in statements[:-1]}
    assert found == {
        ("s3:ListBucket",): [bucket, "arn:aws:s3:::site"],
        ("s3:GetObject", "s3:GetObjectVersion"): [f"{bucket}/*"],
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"): ["arn:aws:s3:::site/menu/*"],
        ("cloudfront:CreateInvalidation",): [ARGS["distribution_arn"]],
        ("sns:Publish",): [f"arn:aws:sns:{REGION}:{ACCOUNT}:menus-topic"],
    }


def test_the_function_has_a_frame_for_each_language_the_default_first(deploy, menus):
    deployment = deploy(menus())
    code = deployment.one("Function").inputs["code"].assets
    assert list(json.loads(code["frames.json"].text).items()) == list(ARGS["frames"].items())
    assert {"handler.py", "menu_file.py", "menu_page.py"} <= code.keys()
    variables = deployment.one("Function").inputs["environment"]["variables"]
    assert (variables["SITE_BUCKET"], variables["DISTRIBUTION_ID"]) == ("site", "E1")


@pytest.mark.parametrize("change", [{"deployed": "2"}, {"frames": {"en": "<html/>"}}, {"currency": "USD"}])
def test_a_deployment_that_changes_pages_publishes_all_menus_again(deploy, menus, change):
    before, same, after = (deploy(menus(**each)).one("Invocation") for each in ({}, {}, change))
    assert before.inputs["triggers"] == same.inputs["triggers"]
    assert before.inputs["triggers"] != after.inputs["triggers"]
    assert json.loads(before.inputs["input"]) == {"deployed": {}}


def test_older_menus_can_be_put_back_for_a_year(deploy, menus):
    rules = deploy(menus()).one("BucketLifecycleConfiguration").inputs["rules"]
    assert [rule["noncurrentVersionExpiration"]["noncurrentDays"] for rule in rules] == [365]


def test_menus_are_protected_unless_they_may_be_destroyed(deploy, menus):
    assert deploy(menus(data_policy={})).one("Bucket").protect
    assert not deploy(menus()).one("Bucket").protect


def test_an_address_is_told_if_there_is_one(deploy, menus):
    assert deploy(menus()).of("TopicSubscription") == []
    told = deploy(menus(email="owner@example.com")).one("TopicSubscription").inputs
    assert (told["protocol"], told["endpoint"]) == ("email", "owner@example.com")


def test_a_preview_works_without_knowing_any_arn(deploy, menus, preview):
    assert deploy(menus(), preview=preview).one("EventRule")
