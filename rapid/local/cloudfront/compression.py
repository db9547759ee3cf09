"""Which answers CloudFront compresses, and how.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
"""

import gzip

from .managed import CachePolicy

MIN_BYTES, MAX_BYTES = 1_000, 10_000_000
STATUSES = frozenset({200, 403, 404})
CONTENT_TYPES = frozenset(
    {
        "application/dash+xml",
        "application/eot",
        "application/font",
        "application/font-sfnt",
        "application/javascript",
        "application/json",
        "application/opentype",
        "application/otf",
        "application/pdf",
        "application/pkcs7-mime",
        "application/protobuf",
        "application/rss+xml",
        "application/truetype",
        "application/ttf",
        "application/vnd.apple.mpegurl",
        "application/vnd.mapbox-vector-tile",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/xhtml+xml",
        "application/xml",
        "application/x-font-opentype",
        "application/x-font-truetype",
        "application/x-font-ttf",
        "application/x-httpd-cgi",
        "application/x-javascript",
        "application/x-mpegurl",
        "application/x-opentype",
        "application/x-otf",
        "application/x-perl",
        "application/x-ttf",
        "font/eot",
        "font/opentype",
        "font/otf",
        "font/ttf",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/js",
        "text/plain",
        "text/richtext",
        "text/tab-separated-values",
        "text/xml",
        "text/x-component",
        "text/x-java-source",
        "text/x-script",
        "vnd.apple.mpegurl",
    }
)
# Of 11 and of 9; AWS does not say which it takes. These compress as fast as what is sent once and kept asks for.
_BROTLI_QUALITY, _GZIP_LEVEL = 5, 6


def accepted(accept_encoding: str, policy: CachePolicy) -> str:
    """What of a client's Accept-Encoding the cache key has: `br,gzip`, `br`, `gzip` or nothing."""
    asked = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        asked[name.strip()] = parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    known = {"br": policy.brotli, "gzip": policy.gzip}
    return ",".join(name for name, is_on in known.items() if is_on and asked.get(name, False))


def is_compressed(status: int, content_type: str, content_encoding: str, size_bytes: int) -> bool:
    """Whether CloudFront compresses an answer of the origin for who takes that."""
    return (
        status in STATUSES
        and not content_encoding
        and content_type.partition(";")[0].strip().lower() in CONTENT_TYPES
        and MIN_BYTES <= size_bytes <= MAX_BYTES
    )


def compress(body: bytes, encodings: str) -> tuple[str, bytes]:
    """A body and how it is encoded: Brotli where the client takes both."""
    if "br" in encodings:
        # It takes long to import, and only browsers ask for it.
        import pyarrow

        codec = pyarrow.Codec("brotli", compression_level=_BROTLI_QUALITY)
        return "br", codec.compress(body, asbytes=True)
    return "gzip", gzip.compress(body, _GZIP_LEVEL, mtime=0)
