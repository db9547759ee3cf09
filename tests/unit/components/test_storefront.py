import json
import re
from dataclasses import replace

import pytest

from components.ingest.ingest_api import IngestApi
from components.private_bucket import DataProtection
from components.sources import read_contracts
from components.storefront.sending import NoWayError
from components.storefront.settings import StorefrontSettings, WayIn
from components.storefront.storefront import Storefront
from tests.unit.components.engine import ACCOUNT, REGION

SETTINGS = StorefrontSettings(WayIn.API, "Trattoria Demo", ("en", "de"), "#14532d", "EUR")
GUEST = replace(SETTINGS, way_in=WayIn.GUEST)
ENDPOINTS = {"cognito-identity": "http://127.0.0.1:1", "firehose": "http://127.0.0.1:1"}
STREAMS = {
    source: f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{source}" for source in ("feedback", "clickstream")
}
API = f"https://abc123.execute-api.{REGION}.amazonaws.com/v1"
POOL = f"{REGION}:5e7a1b9c"
DOORS = {
    "url": API,
    "paths": {"feedback": "/feedback", "clickstream": "/poc"},
    "stage_arn": f"arn:aws:apigateway:{REGION}::/restapis/abc123/stages/v1",
    "identity_pool_id": POOL,
    "stream_arns": STREAMS,
}


@pytest.fixture(scope="module")
def storefront():
    """A storefront by its settings, deployed once for all tests."""
    from tests.unit.components import engine

    made = {}

    def once(settings=SETTINGS, **doors):
        key = repr((settings, doors))
        if key not in made:
            made[key] = engine.run(lambda: front(settings, **doors))
        return made[key]

    return once


def front(settings=SETTINGS, **doors):
    policy = {"protection": DataProtection.PROTECT}
    return Storefront("front", {"settings": settings, "doors": {**DOORS, **doors}, "data_policy": policy})


def settings_of(found, name="front-feedback-en"):
    page = found.one("BucketObjectv2", name).inputs["content"]
    return json.loads(re.search('<script type="application/json" id="settings">(.*?)</script>', page)[1])


def csp(found):
    headers = found.one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    policy = headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    return {words.split()[0]: words.split()[1:] for words in policy.split("; ")}


def test_the_distribution_alone_may_read_the_bucket_and_nothing_but_its_objects(storefront):
    statements = storefront().one("BucketPolicy", "front-site-tls").policy()
    assert [it for it in statements if it["Effect"] == "Allow"] == [
        {
            "Sid": "CloudFrontReads",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::front-site-bucket-1a2b3c4/*",
            "Condition": {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}},
        }
    ]


def test_the_distribution_signs_and_answers_over_tls_from_the_root_to_what_there_is_not(storefront):
    found = storefront()
    inputs = found.one("Distribution").inputs
    (origin,) = inputs["origins"]
    assert origin["domainName"] == f"front-site-bucket-1a2b3c4.s3.{REGION}.amazonaws.com"
    assert origin["originAccessControlId"] == f"{found.one('OriginAccessControl').name}-id"
    behavior = inputs["defaultCacheBehavior"]
    assert (behavior["viewerProtocolPolicy"], behavior["compress"]) == ("redirect-to-https", True)
    assert (inputs["httpVersion"], inputs["priceClass"]) == ("http2and3", "PriceClass_100")
    keys = {it.inputs["key"] for it in found.of("BucketObjectv2")}
    assert inputs["defaultRootObject"] in keys
    assert {
        (it["errorCode"], it["responseCode"], it["responsePagePath"].removeprefix("/") in keys)
        for it in inputs["customErrorResponses"]
    } == {(403, 404, True), (404, 404, True)}


def test_a_link_s_store_and_table_do_not_split_the_cache(storefront):
    behavior = storefront().one("Distribution").inputs["defaultCacheBehavior"]
    assert behavior["cachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert "forwardedValues" not in behavior


def test_an_own_domain_brings_its_certificate_and_new_tls(storefront):
    assert storefront().one("Distribution").inputs["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"
    own = storefront(replace(SETTINGS, domain="guests.example.com", certificate_arn=certificate))
    inputs = own.one("Distribution").inputs
    assert inputs["aliases"] == ["guests.example.com"]
    assert inputs["viewerCertificate"] == {
        "acmCertificateArn": certificate,
        "minimumProtocolVersion": "TLSv1.2_2025",
        "sslSupportMethod": "sni-only",
    }


def test_pages_send_to_the_api_s_paths_and_browsers_let_them_connect_there_alone(storefront):
    found = storefront()
    assert settings_of(found)["send"] == {
        "feedback": {"url": f"{API}/feedback"},
        "clickstream": {"url": f"{API}/poc"},
    }
    assert csp(found)["connect-src"] == ["'self'", API.removesuffix("/v1")]


def test_guests_send_onto_the_streams_at_aws_or_where_services_are(storefront):
    aws, local = storefront(GUEST), storefront(replace(GUEST, endpoints=ENDPOINTS))
    assert settings_of(aws)["send"]["feedback"] == {"identityPoolId": POOL, "stream": "feedback"}
    assert csp(aws)["connect-src"] == [
        "'self'",
        f"https://cognito-identity.{REGION}.amazonaws.com",
        f"https://firehose.{REGION}.amazonaws.com",
    ]
    addresses = {"cognito": "http://127.0.0.1:1", "firehose": "http://127.0.0.1:1"}
    assert settings_of(local)["send"]["clickstream"] == {
        "identityPoolId": POOL,
        "stream": "clickstream",
        "endpoints": addresses,
    }
    assert csp(local)["connect-src"] == ["'self'", "http://127.0.0.1:1"]


def test_no_page_runs_or_shows_what_is_not_the_storefront_s(storefront):
    policy = csp(storefront())
    assert policy.pop("connect-src")
    assert policy == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
    }


def test_one_address_is_held_back_at_the_api_and_there_is_nothing_to_hold_back_without_it(storefront):
    limited = json.dumps(storefront().one("WebAcl").inputs["rules"])
    assert DOORS["paths"]["feedback"] in limited
    assert DOORS["paths"]["clickstream"] not in limited
    assert not storefront(GUEST).of("WebAcl")


def test_the_survey_is_there_where_its_source_is_and_limited_with_the_form(storefront):
    streams, paths = {**STREAMS, "survey": STREAMS["feedback"]}, {**DOORS["paths"], "survey": "/survey"}
    found = storefront(stream_arns=streams, paths=paths)
    assert settings_of(found, "front-survey-de")["send"]["survey"] == {"url": f"{API}/survey"}
    assert "/survey" in json.dumps(found.one("WebAcl").inputs["rules"])
    assert "survey" not in {it.inputs["key"] for it in storefront().of("BucketObjectv2")}


def test_every_page_says_how_long_it_is_kept_and_assets_outlive_a_change(storefront):
    stored = storefront().of("BucketObjectv2")
    pages = [it.inputs for it in stored if it.inputs["contentType"].startswith("text/html")]
    kept = "public, max-age=0, s-maxage=86400, must-revalidate"
    assert {page["key"]: page["cacheControl"] for page in pages} == {
        "index.html": kept,
        "de": kept,
        "not-found": "public, max-age=0, must-revalidate",
    }
    assets = [it for it in stored if it.inputs["key"].startswith("assets/")]
    assert {it.inputs["cacheControl"] for it in assets} == {"public, max-age=31536000, immutable"}
    assert {it.name for it in stored if it.retain_on_delete} == {it.name for it in assets}


def test_no_page_is_put_there_before_what_it_names(storefront):
    stored = storefront().of("BucketObjectv2")
    assets = {it.name for it in stored if it.inputs["key"].startswith("assets/")}
    (page,) = [it for it in stored if it.inputs["key"] == "de"]
    assert assets <= set(page.depends_on)


def test_menus_are_published_anew_when_a_page_or_an_asset_is_another(storefront):
    def trigger(found):
        return found.one("Invocation").inputs["triggers"]["pages"]

    others = (replace(SETTINGS, brand_color="#000000"), replace(SETTINGS, business_name="Other"), GUEST)
    assert len({trigger(storefront(it)) for it in (SETTINGS, *others)}) == 4


def test_pages_are_not_protected_and_menus_are(storefront):
    found = storefront()
    assert (found.one("Bucket", "front-site-bucket").protect, found.one("Bucket", "front-menus-bucket").protect) == (
        False,
        True,
    )


@pytest.mark.parametrize(
    ("settings", "doors", "told"),
    [
        (SETTINGS, {"stream_arns": {"clickstream": "x"}}, "pages send to feedback, which is not among the sources"),
        (
            SETTINGS,
            {"paths": {"clickstream": "/poc"}},
            "which sources/feedback.yaml does not let them; give it delivery",
        ),
        (SETTINGS, {"stream_arns": {**STREAMS, "survey": "x"}}, "which sources/survey.yaml does not let them"),
        (GUEST, {"stream_arns": {"feedback": "x"}}, "pages send to clickstream, which is not among the sources"),
        (GUEST, {"identity_pool_id": None}, "give the IngestApi the storefront's guest_sources"),
    ],
)
def test_pages_that_could_not_send_are_refused(deploy, settings, doors, told):
    with pytest.raises(NoWayError, match=told):
        deploy(lambda: front(settings, **doors))


def test_guests_get_onto_the_storefront_s_streams_beside_those_of_contracts(deploy):
    contracts = [it for it in read_contracts() if it.source in STREAMS]
    args = {"contracts": contracts, "stream_arns": STREAMS}
    by_contract = deploy(lambda: IngestApi("api", args)).one("RolePolicy", "api-guests-policy").policy()
    all_sources = deploy(lambda: IngestApi("api", {**args, "guest_sources": ("feedback",)}))
    assert by_contract[0]["Resource"] == [STREAMS["clickstream"]]
    (statement,) = all_sources.one("RolePolicy", "api-guests-policy").policy()
    assert (statement["Action"], set(statement["Resource"])) == (["firehose:PutRecordBatch"], set(STREAMS.values()))
