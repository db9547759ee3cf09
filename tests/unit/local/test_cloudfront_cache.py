"""What the edge keeps, how long, compressed or not, and what an invalidation takes away."""

import gzip
from email.utils import formatdate

import pyarrow
import pytest
from botocore.exceptions import ClientError

from rapid.local.cloudfront import compression
from rapid.local.cloudfront.cache import Answer, Cache, Key, ttl_seconds
from rapid.local.cloudfront.managed import CachePolicy

from .cloud_rig import Rig
from .cloudfront_rig import Site, at, behavior, listed, told

GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
TIMES_PAGE = f"{GUIDE}/Expiration.html"
COMPRESSION_PAGE = f"{GUIDE}/ServingCompressedFiles.html"
INVALIDATION_PAGE = f"{GUIDE}/invalidation-specifying-objects.html"
NEVER = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
NOW = 1_000_000_000.0


@pytest.fixture(scope="module")
def site(rig: Rig) -> Site:
    return Site(rig)


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.aws("CloudFront", "Cache", TIMES_PAGE)
@pytest.mark.parametrize(
    ("cache_control", "least", "expected"),
    [
        ("max-age=100", 0, 100),
        ("max-age=100", 200, 200),
        ("max-age=5000", 0, 1000),
        ("public, max-age=0, s-maxage=300, must-revalidate", 1, 300),
        ('S-MaxAge="300", max-age=100', 0, 300),
        ("max-age=0", 0, 0),
        ("max-age=0", 1, 1),
        ("no-store", 0, 0),
        ("private, max-age=100", 0, 0),
        ("no-cache", 7, 7),
        ("must-revalidate", 0, 500),
        ("", 0, 500),
        ("", 600, 600),
    ],
)
def test_an_object_is_kept_as_the_origin_says_within_what_the_policy_allows(
    cache_control: str, least: int, expected: int
) -> None:
    policy = CachePolicy("test", least, 500, 1000, True, True)
    assert ttl_seconds({"cache-control": cache_control} if cache_control else {}, policy, NOW) == expected


@pytest.mark.aws("CloudFront", "Cache", TIMES_PAGE)
@pytest.mark.parametrize(
    ("expires", "expected"), [(formatdate(NOW + 60, usegmt=True), 60), (formatdate(NOW - 60), 0), ("never", 0)]
)
def test_expires_counts_where_no_age_is_said(expires: str, expected: int) -> None:
    policy = CachePolicy("test", 0, 500, 1000, True, True)
    assert ttl_seconds({"expires": expires}, policy, NOW) == expected
    assert ttl_seconds({"expires": expires, "cache-control": "max-age=9"}, policy, NOW) == 9


@pytest.mark.aws("CloudFront", "Cache", TIMES_PAGE)
def test_what_is_kept_is_answered_with_its_age_until_it_expires_and_then_asked_for_again(rig: Rig, site: Site) -> None:
    site.put("aged", "one", CacheControl="max-age=0, s-maxage=100")
    assert told(site.get("/aged")) == "Miss"
    site.put("aged", "two", CacheControl="max-age=0, s-maxage=100")
    with at(rig, 90):
        answer = site.get("/aged?table=4")
        assert (told(answer), answer.data) == ("Hit", b"one")
        assert 89 <= int(answer.headers["Age"]) <= 91
    with at(rig, 101):
        answer = site.get("/aged")
        assert (told(answer), answer.data, "Age" in answer.headers) == ("Miss", b"two", False)


@pytest.mark.aws("CloudFront", "Cache", TIMES_PAGE)
def test_an_expired_object_that_the_origin_still_has_is_a_refresh_hit(rig: Rig, site: Site) -> None:
    site.put("same", CacheControl="max-age=10")
    site.get("/same")
    with at(rig, 11):
        assert [told(site.get("/same")), told(site.get("/same"))] == ["RefreshHit", "Hit"]


@pytest.mark.aws("CloudFront", "Cache", f"{GUIDE}/using-managed-cache-policies.html")
def test_a_policy_that_disables_caching_keeps_nothing(rig: Rig) -> None:
    site = Site(rig, DefaultCacheBehavior=behavior(CachePolicyId=NEVER))
    site.put("aged", "x" * 2000, CacheControl="max-age=100")
    assert [told(site.get("/aged")), told(site.get("/aged"))] == ["Miss", "Miss"]
    assert "Content-Encoding" not in site.get("/aged", Accept_Encoding="gzip, br").headers


@pytest.mark.aws("CloudFront", "Cache", f"{GUIDE}/RequestAndResponseBehaviorS3Origin.html")
def test_a_guest_who_has_an_object_hears_that_it_is_the_same(site: Site) -> None:
    site.put("known", "x" * 2000)
    for encoding in ("identity", "gzip", "br"):
        tag = site.get("/known", Accept_Encoding=encoding).headers["ETag"]
        answer = site.get("/known", Accept_Encoding=encoding, If_None_Match=tag)
        assert (answer.status, answer.data, answer.headers["ETag"]) == (304, b"", tag)
        assert site.get("/known", Accept_Encoding=encoding, If_None_Match='"other"').status == 200


@pytest.mark.aws("CloudFront", "Compression", COMPRESSION_PAGE)
@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None)],
)
def test_a_page_is_compressed_as_the_browser_takes_it_with_brotli_before_gzip(
    site: Site, accepted: str, expected: str | None
) -> None:
    content = b"<p>soup</p>" * 200
    site.put("soup", content)
    answer = site.get("/soup", Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == expected
    assert answer.headers["ETag"].startswith('W/"' if expected else '"')
    assert answer.headers["Content-Length"] == str(len(answer.data))
    read = {"br": lambda body: pyarrow.Codec("brotli").decompress(body, len(content), asbytes=True), None: bytes}
    assert read.get(expected, gzip.decompress)(answer.data) == content


@pytest.mark.aws("CloudFront", "Limits", COMPRESSION_PAGE)
@pytest.mark.parametrize(
    ("status", "content_type", "encoding", "size", "expected"),
    [
        (200, "text/html; charset=utf-8", "", 1_000, True),
        (200, "text/html", "", 999, False),
        (200, "text/html", "", 10_000_000, True),
        (200, "text/html", "", 10_000_001, False),
        (200, "image/svg+xml", "", 5_000, True),
        (200, "image/png", "", 5_000, False),
        (200, "application/manifest+json", "", 5_000, False),
        (200, "text/css", "gzip", 5_000, False),
        (404, "text/html", "", 5_000, True),
        (500, "text/html", "", 5_000, False),
    ],
)
def test_only_some_types_from_1000_to_10000000_bytes_are_compressed(
    status: int, content_type: str, encoding: str, size: int, expected: bool
) -> None:
    assert compression.is_compressed(status, content_type, encoding, size) is expected


@pytest.mark.aws("CloudFront", "Compression", COMPRESSION_PAGE)
def test_what_is_compressed_is_kept_apart_from_what_is_not(site: Site) -> None:
    site.put("apart", "x" * 2000)
    encodings = ("gzip", "gzip, br", "", "gzip")
    assert [told(site.get("/apart", Accept_Encoding=each)) for each in encodings] == ["Miss", "Miss", "Miss", "Hit"]


@pytest.mark.aws("CloudFront", "Invalidations", INVALIDATION_PAGE)
@pytest.mark.parametrize(
    ("paths", "gone"),
    [
        (["/menu/a"], {"/menu/a"}),
        (["/menu/a*"], {"/menu/a", "/menu/a/de"}),
        (["/menu/*"], {"/menu/a", "/menu/a/de", "/menu/B"}),
        (["/menu/b"], set()),
        (["/*"], {"/", "/menu/a", "/menu/a/de", "/menu/B", "/caf%C3%A9"}),
        (["/index.html"], {"/"}),
        (["/"], set()),
        (["/caf%C3%A9", "/menu/B"], {"/caf%C3%A9", "/menu/B"}),
    ],
)
def test_an_invalidation_takes_what_its_paths_name_and_case_counts(
    site: Site, paths: list[str], gone: set[str]
) -> None:
    keys = {"/": "index.html", "/menu/a": "", "/menu/a/de": "", "/menu/B": "", "/caf%C3%A9": "café"}
    for path, key in keys.items():
        site.put(key or path[1:], path)
        site.get(path)
    site.invalidate(*paths)
    assert {path for path in keys if told(site.get(path)) != "Hit"} == gone


@pytest.mark.aws("CloudFront", "Invalidations", f"{GUIDE}/Invalidation_Requests.html")
def test_invalidations_can_be_looked_up_and_a_repeat_is_the_same_one(site: Site) -> None:
    batch = {"CallerReference": "once", "Paths": listed("/a")}
    ask = site.cloudfront.create_invalidation
    made = [ask(DistributionId=site.id, InvalidationBatch=batch)["Invalidation"]["Id"] for _ in range(2)]
    assert made[0] == made[1]
    found = site.cloudfront.get_invalidation(DistributionId=site.id, Id=made[0])["Invalidation"]
    assert (found["Status"], found["InvalidationBatch"]["Paths"]["Items"]) == ("Completed", ["/a"])
    listed_now = site.cloudfront.list_invalidations(DistributionId=site.id)["InvalidationList"]["Items"]
    assert made[0] in [item["Id"] for item in listed_now]
    with pytest.raises(ClientError) as refused:
        ask(DistributionId=site.id, InvalidationBatch={**batch, "Paths": listed("/b")})
    assert code_of(refused) == "InvalidArgument"
    with pytest.raises(ClientError) as refused:
        site.cloudfront.get_invalidation(DistributionId=site.id, Id="INOSUCH")
    assert code_of(refused) == "NoSuchInvalidation"


@pytest.mark.aws("CloudFront", "Limits", f"{GUIDE}/InvalidationLimits.html")
@pytest.mark.parametrize(
    ("paths", "code"),
    [
        (["menu"], "InvalidArgument"),
        (["/me*nu"], "InvalidArgument"),
        (["/a b"], "InvalidArgument"),
        (["/café"], "InvalidArgument"),
        (["/" + "a" * 4000], "InvalidArgument"),
        ([f"/{number}" for number in range(3001)], "BatchTooLarge"),
        ([f"/{number}*" for number in range(16)], "TooManyInvalidationsInProgress"),
    ],
)
def test_paths_that_an_invalidation_does_not_take(site: Site, paths: list[str], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        site.invalidate(*paths)
    assert code_of(refused) == code


def test_what_was_read_before_an_invalidation_is_not_kept_after_it() -> None:
    cache, key = Cache(), Key("E1", "/menu/a")
    before = cache.invalidations
    cache.invalidate("E1", ["/menu/*"])
    cache.put(key, Answer(200, (), b"old", NOW, NOW + 9), before)
    assert cache.get(key) is None
    cache.put(key, Answer(200, (), b"new", NOW, NOW + 9), cache.invalidations)
    assert cache.get(key) is not None


def test_the_cache_keeps_no_more_than_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapid.local.cloudfront.cache.MAX_BYTES", 100)
    cache = Cache()
    for number in range(4):
        cache.put(Key("E1", f"/{number}"), Answer(200, (), b"x" * 40, NOW, NOW + 9), 0)
    assert [cache.get(Key("E1", f"/{number}")) is not None for number in range(4)] == [False, False, True, True]
