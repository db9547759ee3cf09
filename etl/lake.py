"""Where a stack keeps its tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lake:
    """The database of the tables, and the buckets of what goes in and comes out."""

    database: str
    processed_bucket: str
    curated_bucket: str

    def uri(self, key: str) -> str:
        """The S3 URI of a key of the curated bucket."""
        return f"s3://{self.curated_bucket}/{key}"

    def table_location(self, source: str) -> str:
        """The S3 URI of a curated table; nothing else lies below it."""
        return self.uri(f"tables/{source}")

    def aggregate_location(self, source: str, aggregate: str) -> str:
        """The S3 URI of the table of an aggregate; nothing else lies below it."""
        return self.uri(f"aggregates/{source}/{aggregate}")
