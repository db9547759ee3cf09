"""Function packages as they lie in the deployed zips, imported alone."""

import importlib
import shutil
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from contracts import load_all, validator

ROOT = Path(__file__).parents[3]
REGION = "us-east-1"


@cache
def _compiled() -> dict[str, str]:
    """The validator of each source."""
    return {contract.source: validator.source_code(contract) for contract in load_all(ROOT / "sources")}


@pytest.fixture
def aws(monkeypatch):
    """An empty AWS account."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield SimpleNamespace(client=lambda service: boto3.client(service, REGION))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Import one function's modules from a folder laid out like its zip."""
    imported: set[str] = set()

    def load_package(function: str, *, files: dict[str, str] | None = None, **environment: str) -> SimpleNamespace:
        folder = tmp_path / function
        shutil.copytree(ROOT / "functions" / function, folder)
        shutil.copytree(ROOT / "functions" / "shared", folder / "shared")
        (folder / "compiled").mkdir()
        (folder / "compiled" / "__init__.py").touch()
        for source, code in _compiled().items():
            (folder / "compiled" / f"{source}.py").write_text(code)
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        for name, value in {"STACK": "rapid-analytics/test", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.syspath_prepend(str(folder))
        before = set(sys.modules)
        modules = {file.stem: importlib.import_module(file.stem) for file in folder.glob("*.py")}
        modules["envelope"] = importlib.import_module("shared.envelope")
        imported.update(
            name for name in set(sys.modules) - before if str(folder) in str(getattr(sys.modules[name], "__file__", ""))
        )
        return SimpleNamespace(**modules)

    yield load_package
    for name in imported:
        sys.modules.pop(name, None)
