"""What the Glue jobs run: their package, the compiled contracts, and the Python packages they ask Glue to install."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.private_bucket import DataProtection, PrivateBucket
from components.runtime import Runtime
from contracts import Contract, file_checks

ROOT = Path(__file__).parent.parent
LOCK_FILE = ROOT / "requirements-local.txt"
"""Where the versions stand that the jobs are tested with."""

PYTHON_MODULES = ("pyiceberg[glue]", "pyarrow", "numpy", "isal")
"""Glue separates its modules by commas, so that none can ask for two extras."""

_PREFIX = "curation/"
"""First part of all keys."""
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ;]+)(?![^ ;])(?! *; python_full_version >= '3.12')", re.MULTILINE)
"""Of a package with a version a Python, the one for Glue's, which is 3.11."""


class JobCodeError(pulumi.RunError):
    """A file of the Glue jobs is not as it should be. The message names the file and what to do."""


class JobCode:
    """What the Glue jobs of a stack run: the package `etl`, the compiled contracts, their scripts, in a bucket; and how
    the jobs run.
    """

    bucket: PrivateBucket
    """The bucket."""
    objects_arn: pulumi.Output[str]
    """ARN of all of it, which a job must be allowed to get."""
    package_uri: pulumi.Output[str]
    """S3 URI of the package as a zip."""
    contracts_digest: pulumi.Output[str]
    """Another when the jobs read other contracts; known once they are stored."""
    arguments: dict[str, pulumi.Input[str]]
    """Arguments of a Glue job that runs the package with the compiled contracts."""
    runtime: Runtime
    """How the jobs run, and what belongs to them."""

    def __init__(
        self, name: str, contracts: Sequence[Contract], runtime: Runtime, opts: pulumi.ResourceOptions
    ) -> None:
        """Make the bucket and store what all jobs share. Raises JobCodeError."""
        # Code and contracts come from the repository again: they are not data to protect.
        self.bucket = PrivateBucket(f"{name}-artifacts", {"data_policy": {"protection": DataProtection.DESTROY}}, opts)
        self.runtime = runtime
        self.objects_arn = arn.under(self.bucket.arn, f"/{_PREFIX}*")
        compiled = compiled_contracts(contracts)
        digest = hashlib.sha256(compiled.encode()).hexdigest()
        contracts_uri = self.store(f"{name}-contracts.json", "contracts.json", compiled, opts)
        self.contracts_digest = contracts_uri.apply(lambda _uri: digest)
        self.package_uri = self.store(f"{name}-etl.zip", "etl.zip", package(), opts)
        self.arguments = {
            "--extra-py-files": self.package_uri,
            "--contracts_uri": contracts_uri,
            "--stack": names.stack(),
            "--additional-python-modules": python_modules(),
        }

    def store(
        self, name: str, file: str, content: str | pulumi.AssetArchive, opts: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        """Store a file of a job as the resource `name`; its S3 URI."""
        stored = {"content": content} if isinstance(content, str) else {"source": content}
        key = _PREFIX + file
        file_object = aws.s3.BucketObjectv2(name, bucket=self.bucket.bucket, key=key, **stored, opts=opts)
        return pulumi.Output.concat("s3://", file_object.bucket, "/", file_object.key)


def script(name: str, jobs_directory: Path = ROOT / "etl" / "jobs") -> str:
    """A job's script. Raises JobCodeError."""
    file = jobs_directory / name
    if not file.is_file():
        raise JobCodeError(f"{file}: not found; it is the script of a Glue job")
    return file.read_text(encoding="utf-8")


def package(etl_directory: Path = ROOT / "etl") -> pulumi.AssetArchive:
    """The package `etl` as a zip, the same for the same files."""
    files = {
        f"etl/{file.relative_to(etl_directory).as_posix()}": file.read_text(encoding="utf-8")
        for file in sorted(etl_directory.rglob("*.py"))
    }
    return pulumi.AssetArchive({path: pulumi.StringAsset(text) for path, text in files.items()})


def compiled_contracts(contracts: Iterable[Contract]) -> str:
    """The contracts as the jobs read them: a JSON array."""
    return json.dumps([file_checks.document(contract) for contract in contracts], ensure_ascii=False, sort_keys=True)


def python_modules(names: Iterable[str] = PYTHON_MODULES, lock_file: Path = LOCK_FILE) -> str:
    """The value of Glue's `--additional-python-modules`, with the versions of the lock file. Raises JobCodeError.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
    """
    pins = dict(_PIN.findall(lock_file.read_text(encoding="utf-8")))
    modules = []
    for module in names:
        name = module.partition("[")[0]
        if name not in pins:
            raise JobCodeError(f"{lock_file}: pins no version of {name}, which the Glue jobs need; make lock")
        modules.append(f"{module}=={pins[name]}")
    return ",".join(modules)
