"""Job arguments: what Glue keeps to itself, what reaches the script, and what the local cloud cannot do.

Source: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html. `--TempDir` and
`--job-bookmark-option` reach the script too: awsglue's getResolvedOptions reads them from argv
(https://github.com/awslabs/aws-glue-libs/blob/master/awsglue/utils.py).
"""

from collections.abc import Mapping

from ..service_error import ServiceError
from .s3_objects import S3Object, parse_uri

EXTRA_PYTHON_FILES = "--extra-py-files"
LOG_GROUP_PREFIX = "--custom-logGroup-prefix"
MAX_BYTES = 260 * 1024
"""How long all arguments of a run may be together; see the page above."""

# They set up Spark, its logs and metrics, or packages; a run here has the packages of the local cloud's interpreter.
_KEPT_BY_GLUE = frozenset(
    {
        "--additional-python-modules", "--conf", "--datalake-formats", "--enable-auto-scaling",
        "--enable-continuous-cloudwatch-log", "--enable-glue-datacatalog", "--enable-job-insights", "--enable-metrics",
        "--enable-observability-metrics", "--enable-spark-ui", EXTRA_PYTHON_FILES, LOG_GROUP_PREFIX, "--job-language",
        "--python-modules-installer-option", "--spark-event-logs-path",
    }
)  # fmt: skip
_UNSUPPORTED = frozenset(
    {
        "--auto-scale-within-microbatch", "--class", "--continuous-log-conversionPattern",
        "--continuous-log-logGroup", "--continuous-log-logStreamPrefix", "--customer-driver-env-vars",
        "--customer-executor-env-vars", "--disable-proxy-v2", "--enable-continuous-log-filter",
        "--enable-lakeformation-fine-grained-access", "--enable-rename-algorithm-v2",
        "--enable-s3-parquet-optimized-committer", "--executor-cores", "--extra-files", "--extra-jars",
        "--scriptLocation", "--use-postgres-driver", "--user-jars-first", "--write-shuffle-files-to-s3",
        "--write-shuffle-spills-to-s3",
    }
)  # fmt: skip
_SUPPORTED_VALUES = {"--job-bookmark-option": "job-bookmark-disable", "--job-language": "python"}
# "Argument names used by AWS Glue internally that you should never set", same page.
_INTERNAL = frozenset({"--debug", "--mode", "--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--endpoint"})


def check(arguments: Mapping[str, str]) -> None:
    """Raise ServiceError for the first argument that is wrong, or that the local cloud does not support."""
    for name, value in arguments.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise _invalid(f"Argument {name!r} must be a string with a string as its value")
        if name in _INTERNAL:
            raise _invalid(f"Argument {name} is set by AWS Glue itself; leave it out")
        if name in _UNSUPPORTED:
            raise _invalid(f"The local cloud does not support the argument {name}")
        if value != _SUPPORTED_VALUES.get(name, value):
            message = f"The local cloud does not support {name} {value!r}, {_SUPPORTED_VALUES[name]!r} alone"
            raise _invalid(message)
    python_files(arguments)
    if sum(len(name.encode()) + len(value.encode()) for name, value in arguments.items()) > MAX_BYTES:
        raise _invalid(f"Job arguments are larger than {MAX_BYTES // 1024}KB")


def python_files(arguments: Mapping[str, str]) -> list[S3Object]:
    """The zips of `--extra-py-files`, in order. Raises ServiceError if one is not the URI of a zip."""
    found = []
    for part in arguments.get(EXTRA_PYTHON_FILES, "").split(","):
        uri = part.strip()
        item = parse_uri(uri)
        if uri and (item is None or not item.key.endswith(".zip")):
            raise _invalid(f"{EXTRA_PYTHON_FILES}: {uri!r}: the local cloud takes s3://bucket/key of a .zip alone")
        if item:
            found.append(item)
    return found


def argv(job_name: str, job_id: str, run_id: str, arguments: Mapping[str, str]) -> list[str]:
    """What the script finds in sys.argv after its own path."""
    passed = {"--JOB_NAME": job_name, "--JOB_ID": job_id, "--JOB_RUN_ID": run_id}
    passed |= {name: value for name, value in arguments.items() if name not in _KEPT_BY_GLUE}
    return [word for pair in passed.items() for word in pair]


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidInputException", message)
