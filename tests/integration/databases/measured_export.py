"""The export job, and after its reports a line with the most memory, in KiB, that the process ever held.

By /proc, since what the system tells a parent of its child counts the parent's own memory at the fork.
"""

import re
import sys
from pathlib import Path

from etl.jobs import export_job

if __name__ == "__main__":
    status = export_job.main(sys.argv[1:])
    print(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
    sys.exit(status)
