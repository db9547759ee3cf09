"""QuickSight of the local cloud: what was deployed of it, the imports of its data sets, and the answers of dashboards.

`service` answers requests to its API by `data_sources`, `data_sets`, `refreshes`, `ingestions`, `themes` and
`dashboards`; `registry` keeps what was deployed, `spice` what was imported. `answering` answers a dashboard's
definition by `queries` over that; `answers` is what whoever draws it gets to see.
"""

from .quicksight import QuickSight

__all__ = ["QuickSight"]
