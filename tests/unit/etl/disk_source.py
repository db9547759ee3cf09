"""Orders on this machine's disk, where a run takes milliseconds."""

from bench.disk_lake import DiskCatalog, DiskLake, DiskS3
from tests.unit.etl.lake import Orders


class DiskSource(Orders):
    """The orders of a test below a folder."""

    def __init__(self, folder):
        folder.mkdir()
        lake = DiskLake("lake", f"{folder}/processed", f"{folder}/curated")
        super().__init__(DiskS3(), DiskCatalog(), lake, folder)

    def files(self):
        """The table's data files by day."""
        return sorted((task.file for task in self.table.scan().plan_files()), key=lambda file: file.partition[0])
