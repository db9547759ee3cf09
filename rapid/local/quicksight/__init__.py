"""QuickSight of the local cloud: what was deployed of it, the imports of its data sets, and the answers of dashboards.

`service` answers requests to its API, `spice` keeps what was imported, `answers` is what a page draws.
"""

from .service import QuickSightService

__all__ = ["QuickSightService"]
