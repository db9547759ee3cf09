"""The parts of a stack that are watched over."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from components.delivery.delivery_pipeline import DeliveryPipeline
from components.ingest.ingest_api import IngestApi
from components.jobs.curation import Curation
from components.lakehouse.lakehouse import Lakehouse
from components.platform import Platform


class Watched(TypedDict):
    """Inputs of what watches a stack, by alarms or by rows."""

    lakehouse: Lakehouse
    """Where queries run, and the data lies."""
    ingest: IngestApi
    """The API whose requests are watched."""
    pipelines: Mapping[str, DeliveryPipeline]
    """The delivery pipeline of each source that has one."""
    beside: NotRequired[Platform]
    """A lake that is fed beside that one."""
    curation: Curation
    """What curates; functions that watch run as this component's do."""
