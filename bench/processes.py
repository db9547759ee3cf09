"""What this process and those that it started have used, as Linux says."""

import os
from pathlib import Path


def peak_bytes() -> int:
    """Most resident memory, each process's at its own moment; Spark's work is done in a Java process."""
    lines = [line for process in _processes() for line in (process / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def processor_seconds() -> float:
    """Processor time since they were started, with that of children that have ended."""
    # After the name, which is in brackets: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    fields = [(process / "stat").read_text().rpartition(")")[2].split() for process in _processes()]
    # utime and stime, and cutime and cstime of what has ended.
    return sum(int(value) for field in fields for value in field[11:15]) / os.sysconf("SC_CLK_TCK")


def _processes() -> list[Path]:
    found, waiting = [], [Path(f"/proc/{os.getpid()}")]
    while waiting:
        process = waiting.pop()
        found.append(process)
        for children in process.glob("task/*/children"):
            waiting += [Path(f"/proc/{child}") for child in children.read_text().split()]
    return found
