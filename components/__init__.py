"""What exists in AWS: Pulumi components, one a file.

A folder for each part of the way that data goes; beside the folders, what all of them are made of. The components that
a program begins with are here by name; examples/README.md shows them.
"""

from .access_logs import AccessLogs
from .budget import Budget
from .dashboards.dashboards import Dashboards, DashboardsArgs
from .delivery.delivery_pipeline import DeliveryPipeline
from .ingest.api_document import ApiDocument
from .ingest.ingest_api import IngestApi
from .jobs.curation import Curation
from .jobs.database_exports import DatabaseExports
from .jobs.erasure import ErasingArgs, Erasure, ErasureArgs
from .jobs.file_ingest import FileIngest
from .lakehouse.lakehouse import Lakehouse
from .migration.migration import Migration
from .migration.platforms import platforms
from .network.network import Network, NetworkIds
from .network.report_copies import ReportCopies
from .operations.operations import Operations
from .operations.operations_data import OperationsData
from .operations.watched import Watched
from .platform import PlatformPlan
from .registrations import begin as begin_registrations
from .runtime import Runtime
from .sources import read_contracts
from .stack_tags import tag_everything
from .storefront.storefront import Storefront

__all__ = [
    "AccessLogs",
    "ApiDocument",
    "Budget",
    "Curation",
    "Dashboards",
    "DashboardsArgs",
    "DatabaseExports",
    "DeliveryPipeline",
    "ErasingArgs",
    "Erasure",
    "ErasureArgs",
    "FileIngest",
    "IngestApi",
    "Lakehouse",
    "Migration",
    "Network",
    "NetworkIds",
    "Operations",
    "OperationsData",
    "PlatformPlan",
    "ReportCopies",
    "Runtime",
    "Storefront",
    "Watched",
    "begin_registrations",
    "platforms",
    "read_contracts",
    "tag_everything",
]
