"""A dashboard's definition, read strictly: what changes an answer and is not known here is refused by name.

`reader` reads the whole of one into `parts`; `fields`, `formats`, `visuals`, `filters` and `layouts` read theirs,
`calculations` and `rolling_dates` the two small languages in it.
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DashboardVersionDefinition.html
"""

from .reader import read

__all__ = ["read"]
