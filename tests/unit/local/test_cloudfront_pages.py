"""What guests get from a distribution: which object, from which bucket, with which headers, and errors."""

import pytest

from rapid.cost.prices import GB
from rapid.local.billing.meter import METER

from .cloud_rig import Rig
from .cloudfront_rig import Site, at, behavior, listed, told
from .test_service_metrics import counted

GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
ACCESS_PAGE = f"{GUIDE}/private-content-restricting-access-to-s3.html"
ERROR_PAGE = f"{GUIDE}/GeneratingCustomErrorResponses.html"
HEADERS_PAGE = f"{GUIDE}/understanding-response-headers-policies.html"


@pytest.fixture(scope="module")
def site(rig: Rig) -> Site:
    made = Site(rig)
    made.put("index.html", "<h1>Welcome</h1>")
    return made


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/DefaultRootObject.html")
def test_the_root_alone_is_the_default_root_object(site: Site) -> None:
    site.put("menu/index.html")
    answer = site.get("/")
    assert (answer.status, answer.data, answer.headers["Content-Type"]) == (200, b"<h1>Welcome</h1>", "text/html")
    assert site.get("/menu/").status == 403


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/RequestAndResponseBehaviorS3Origin.html")
def test_a_path_is_a_key_with_its_percent_signs_read_and_the_query_string_left_out(site: Site) -> None:
    site.put("menu/Café +1", "coffee")
    assert site.get("/menu/Caf%C3%A9%20+1?table=7").data == b"coffee"


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/RequestAndResponseBehaviorS3Origin.html")
def test_an_object_s_own_headers_and_metadata_go_to_guests(site: Site) -> None:
    site.put("plain", ContentLanguage="de", CacheControl="max-age=60", Metadata={"kind": "menu"})
    headers = site.get("/plain").headers
    assert (headers["Content-Language"], headers["Cache-Control"]) == ("de", "max-age=60")
    assert (headers["x-amz-meta-kind"], headers["ETag"]) == ("menu", '"9a0364b9e99bb480dd25e1f0284c8555"')
    assert headers["Via"].endswith(".cloudfront.net (CloudFront)")


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/DownloadDistValuesCacheBehavior.html")
def test_what_does_more_than_read_is_refused(site: Site) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = site.get("/", method)
        assert (answer.status, told(answer)) == (403, "Error")
        assert b"not configured to allow the HTTP request method" in answer.data
    head = site.get("/", "HEAD")
    assert (head.status, head.headers["Content-Length"], head.data) == (200, "16", b"")


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/CNAMEs.html")
def test_a_distribution_answers_to_its_aliases_and_a_disabled_one_to_nobody(rig: Rig) -> None:
    certificate = {
        "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "SSLSupportMethod": "sni-only",
    }
    site = Site(rig, Aliases=listed("menu.example.com"), ViewerCertificate=certificate)
    site.put("index.html", "own")
    assert site.get(host="Menu.Example.com").data == b"own"
    site.change(Enabled=False)
    assert site.get().status == 403
    assert site.get(host="dother.cloudfront.localhost").status == 403


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/DownloadDistValuesCacheBehavior.html")
def test_the_first_path_pattern_that_a_path_is_like_says_how_it_is_answered(rig: Rig) -> None:
    site = Site(rig, CacheBehaviors=listed({"PathPattern": "assets/*.css", **behavior(Compress=False)}))
    for key in ("assets/a.css", "assets/a.js"):
        site.put(key, "x" * 2000, ContentType="text/css")
    assert "Content-Encoding" not in site.get("/assets/a.css", Accept_Encoding="gzip").headers
    assert site.get("/assets/a.js", Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/DownloadDistValuesOrigin.html")
def test_an_origin_s_path_comes_before_the_path_that_is_asked_for(rig: Rig) -> None:
    site = Site(rig)
    site.change(Origins=listed(site.origin(OriginPath="/live")))
    site.put("live/index.html", "live")
    assert site.get("/").data == b"live"


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/RangeGETs.html")
def test_a_part_of_an_object_can_be_asked_for(site: Site) -> None:
    answer = site.get("/", Range="bytes=4-10")
    assert (answer.status, answer.data, answer.headers["Content-Range"]) == (206, b"Welcome", "bytes 4-10/16")


@pytest.mark.aws("CloudFront", "Pages", f"{GUIDE}/RangeGETs.html")
def test_a_part_that_there_is_not_is_an_error_and_what_is_no_range_is_ignored(site: Site) -> None:
    answer = site.get("/", Range="bytes=99-")
    assert (answer.status, answer.headers["Content-Range"], answer.data) == (416, "bytes */16", b"")
    assert site.get("/", Range="lines=1-2").status == 200


@pytest.mark.aws("CloudFront", "Origin access control", ACCESS_PAGE)
def test_a_bucket_whose_policy_does_not_let_the_distribution_in_is_denied_to_guests(site: Site) -> None:
    site.put("private")
    site.s3.delete_bucket_policy(Bucket=site.bucket)
    try:
        answer = site.get("/private")
        assert (answer.status, told(answer)) == (403, "Error")
        assert b"<Code>AccessDenied</Code>" in answer.data
        site.let_in(arn="arn:aws:cloudfront::123456789012:distribution/EANOTHER")
        site.invalidate("/private")
        assert site.get("/private").status == 403
        site.let_in({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{site.bucket}/*"})
        site.invalidate("/private")
        assert site.get("/private").status == 403
    finally:
        site.let_in()
    site.invalidate("/private")
    assert site.get("/private").status == 200


@pytest.mark.aws("CloudFront", "Origin access control", ACCESS_PAGE)
def test_a_statement_for_cloudfront_lets_nobody_else_in(rig: Rig, site: Site) -> None:
    answer = rig.http.request("GET", f"{rig.url}/{site.bucket}/index.html")
    assert answer.status == 403


@pytest.mark.aws(
    "CloudFront", "Origin access control", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"
)
def test_a_distribution_that_may_not_list_the_bucket_hears_403_of_what_is_not_there_and_else_404(site: Site) -> None:
    assert site.get("/absent").status == 403
    site.let_in(action=["s3:GetObject", "s3:ListBucket"])
    site.invalidate("/absent")
    answer = site.get("/absent")
    assert (answer.status, b"<Code>NoSuchKey</Code>" in answer.data) == (404, True)
    site.let_in()


def test_an_object_that_kms_encrypts_is_refused_by_name(site: Site) -> None:
    site.put("encrypted", ServerSideEncryption="aws:kms")
    answer = site.get("/encrypted")
    assert (answer.status, b"origins that are encrypted by KMS" in answer.data) == (501, True)


@pytest.mark.aws("CloudFront", "Errors", ERROR_PAGE)
def test_an_error_has_the_page_and_the_status_that_it_is_given(rig: Rig) -> None:
    custom = {"ErrorCode": 403, "ResponseCode": "404", "ResponsePagePath": "/not-found"}
    site = Site(rig, CustomErrorResponses=listed(custom))
    site.put("not-found", "<p>nothing here" + " " * 2000)
    answer = site.get("/absent", Accept_Encoding="gzip")
    assert (answer.status, told(answer), answer.headers["Content-Encoding"]) == (404, "Error", "gzip")
    assert (site.get("/not-found").status, site.get("/not-found", If_None_Match="*").status) == (200, 304)


@pytest.mark.aws("CloudFront", "Errors", ERROR_PAGE)
def test_an_error_stays_what_it_is_where_its_page_cannot_be_read(rig: Rig) -> None:
    custom = {"ErrorCode": 403, "ResponseCode": "404", "ResponsePagePath": "/not-found"}
    site = Site(rig, CustomErrorResponses=listed(custom))
    assert site.get("/absent").status == 403


@pytest.mark.aws("CloudFront", "Errors", f"{GUIDE}/HTTPStatusCodes.html")
def test_an_error_is_kept_for_ten_seconds_or_as_long_as_is_said(rig: Rig, site: Site) -> None:
    other = Site(rig, CustomErrorResponses=listed({"ErrorCode": 403, "ErrorCachingMinTTL": 300}))
    for each, kept, over in ((site, 9, 11), (other, 299, 301)):
        assert each.get("/late").status == 403
        each.put("late")
        with at(rig, kept):
            assert each.get("/late").status == 403
        with at(rig, over):
            assert each.get("/late").status == 200


@pytest.mark.aws("CloudFront", "Errors", f"{GUIDE}/custom-error-pages-expiration.html")
@pytest.mark.parametrize(
    ("cache_control", "kept", "over"),
    [("max-age=0, s-maxage=100", 99, 101), ("max-age=0, must-revalidate", 9, 11), ("", 9, 11)],
)
def test_an_error_is_kept_as_its_page_says_if_that_is_longer(
    rig: Rig, cache_control: str, kept: int, over: int
) -> None:
    custom = {"ErrorCode": 403, "ResponseCode": "404", "ResponsePagePath": "/not-found", "ErrorCachingMinTTL": 10}
    site = Site(rig, CustomErrorResponses=listed(custom))
    site.put("not-found", **({"CacheControl": cache_control} if cache_control else {}))
    assert site.get("/late").status == 404
    site.put("late")
    with at(rig, kept):
        assert site.get("/late").status == 404
    with at(rig, over):
        assert site.get("/late").status == 200


@pytest.mark.aws("CloudFront", "Response headers policies", HEADERS_PAGE)
def test_a_policy_adds_headers_to_pages_errors_and_answers_from_the_cache(rig: Rig, site: Site) -> None:
    policy = rig.aws("cloudfront").create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": "headers",
            "SecurityHeadersConfig": {
                "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'none'"},
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
                "StrictTransportSecurity": {
                    "Override": True,
                    "AccessControlMaxAgeSec": 63072000,
                    "IncludeSubdomains": True,
                    "Preload": True,
                },
                "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
            },
            "CustomHeadersConfig": listed(
                {"Header": "Permissions-Policy", "Value": "camera=()", "Override": True},
                {"Header": "Cache-Control", "Value": "no-store", "Override": False},
                {"Header": "Content-Language", "Value": "en", "Override": True},
            ),
            "RemoveHeadersConfig": listed({"Header": "x-amz-meta-kind"}),
        }
    )["ResponseHeadersPolicy"]["Id"]
    site.put("spoken", ContentLanguage="de", CacheControl="max-age=5", Metadata={"kind": "menu"})
    site.change(DefaultCacheBehavior=behavior(ResponseHeadersPolicyId=policy))
    for answer in (site.get("/spoken"), site.get("/spoken"), site.get("/silent")):
        expected = {
            "Content-Security-Policy": "default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
            "X-XSS-Protection": "1; mode=block",
            "Permissions-Policy": "camera=()",
            "Content-Language": "en",
        }
        assert {name: answer.headers.get(name) for name in expected} == expected
        assert "x-amz-meta-kind" not in answer.headers
    assert site.get("/spoken").headers["Cache-Control"] == "max-age=5"
    assert site.get("/silent").headers["Cache-Control"] == "no-store"
    site.change(DefaultCacheBehavior=behavior())


@pytest.mark.aws("CloudFront", "Bills", "https://aws.amazon.com/cloudfront/pricing/")
def test_requests_bytes_and_invalidated_paths_are_counted_for_the_bill(site: Site) -> None:
    def used() -> dict[str, float]:
        names = (site.id, site.bucket)
        return {usage.price_id: usage.quantity for usage in METER if usage.resource.name in names}

    site.put("big", b"x" * 100_000, ContentType="image/png")
    before = used()
    assert site.get("/big").status == 200
    site.get("/big", "HEAD")
    site.invalidate("/big", "/other*")
    counted = {name: quantity - before.get(name, 0) for name, quantity in used().items()}
    assert (counted["cloudfront_requests"], counted["cloudfront_invalidations"]) == (2, 2)
    assert counted["s3_reads"] == 1
    assert 100_000 < counted["cloudfront_data_out"] * GB < 102_000


@pytest.mark.aws("CloudFront", "CloudWatch metrics", f"{GUIDE}/programming-cloudwatch-metrics.html")
def test_requests_bytes_and_rates_of_errors_are_metrics_of_the_distribution(rig: Rig) -> None:
    site = Site(rig)
    site.put("index.html", "x" * 500)
    statuses = [site.get(path).status for path in ("/", "/", "/absent", "/")]
    assert statuses == [200, 200, 403, 200]
    dimensions = {"DistributionId": site.id, "Region": "Global"}
    assert counted(rig, "AWS/CloudFront Requests", **dimensions) == (4, 4, "None")
    assert counted(rig, "AWS/CloudFront BytesDownloaded", **dimensions)[0] > 1500
    assert counted(rig, "AWS/CloudFront 4xxErrorRate", **dimensions) == (100, 4, "Percent")
    assert counted(rig, "AWS/CloudFront 5xxErrorRate", **dimensions) == (0, 4, "Percent")
    assert counted(rig, "AWS/CloudFront TotalErrorRate", **dimensions) == (100, 4, "Percent")
