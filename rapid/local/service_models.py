"""botocore's models of the services, as they stand in its files, read once a process for all who only read them.

Clients have a loader of their own: for a client of S3, botocore takes the bucket out of its model's paths.
"""

from functools import cache

from botocore.loaders import Loader, create_loader


@cache
def loader() -> Loader:
    """What reads them."""
    return create_loader()
