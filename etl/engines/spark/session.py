"""The Spark session that the job runs in: Glue's own, or one of this machine's."""

import importlib.util
import os
import shutil
import sys
from typing import Any

VERSION = "3.5.6"
"""What Glue 5.1 runs (https://docs.aws.amazon.com/glue/latest/dg/release-notes.html)."""


class NoSpark(Exception):
    """Spark cannot be started here; the message says what to install."""


def why_not() -> str | None:
    """What keeps Spark from starting on this machine; None where it can."""
    if importlib.util.find_spec("pyspark") is None:
        return f"pyspark is not installed here: {sys.executable} -m pip install pyspark=={VERSION}"
    java_home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{java_home}/bin" if java_home else None):
        return "Spark needs Java 17, and there is no program java: apt-get install openjdk-17-jre-headless"
    return None


def context() -> Any:
    """The SparkContext of this run, which is started if it is not there yet; there must be Spark (`why_not`)."""
    from pyspark import SparkConf, SparkContext

    if "PYSPARK_GATEWAY_PORT" in os.environ:
        # spark-submit started this process, as in Glue, and has the master and the rest of the configuration.
        return SparkContext.getOrCreate()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # https://spark.apache.org/docs/3.5.6/configuration.html
    here = {
        "spark.master": "local[*]",
        "spark.app.name": "etl",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    return SparkContext.getOrCreate(SparkConf().setAll(here.items()))
