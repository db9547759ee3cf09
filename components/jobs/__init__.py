"""Glue jobs: curation, files, exports of databases, erasure."""
