"""Who may import whom (docs/architecture.md), read from the source of every module."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HOUSE = {
    "bench",
    "components",
    "contracts",
    "dashboards",
    "etl",
    "examples",
    "functions",
    "policy",
    "rapid",
    "settings",
    "tests",
}
"""The importable rooms of the repository."""

ALLOWED = {
    "contracts": set(),
    "dashboards": {"contracts"},
    "etl": set(),
    "components": {"contracts", "dashboards"},
    "policy": set(),
    "settings": {"components", "contracts", "dashboards"},
    "examples": {"components", "dashboards"},
    "__main__": {"components", "contracts", "dashboards", "settings"},
    "rapid": {"components", "contracts", "dashboards", "etl", "settings"},
    "bench": {"contracts", "etl", "rapid"},
}
"""The rooms that each room may import, itself apart. Only tests and benchmarks import rapid beside rapid itself."""

FUNCTION_NEIGHBOURS = {"shared", "compiled"}
"""What lies beside a function's own files in its zip; it sees nothing else of the house."""


def modules(room: str) -> list[Path]:
    file = ROOT / f"{room}.py"
    return [file] if file.exists() else sorted((ROOT / room).rglob("*.py"))


def imports(file: Path) -> set[str]:
    """The first names of all absolute imports, wherever they stand in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


def provider_services(file: Path) -> set[str]:
    """The services that a module takes from Pulumi's provider package, which it imports as `aws`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "aws":
            found.add(node.attr)
        elif isinstance(node, ast.Import):
            assert {"aws"} >= {alias.asname for alias in node.names if alias.name.startswith("pulumi_aws")}, file
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("pulumi_aws"), file
    return found


def breaches(room: str, allowed: set[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in modules(room)
        for name in sorted(imports(file) & HOUSE - allowed - {room})
    ]


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    assert modules(room), f"{room} is gone; take it off the rule"
    assert breaches(room, ALLOWED[room]) == []


@pytest.mark.parametrize("room", ["contracts", "dashboards"])
def test_what_describes_data_knows_no_pulumi_and_no_aws_client(room: str) -> None:
    known = {"pulumi", "pulumi_aws", "boto3", "botocore", "moto"}
    assert [(file.name, names) for file in modules(room) if (names := imports(file) & known)] == []


def test_functions_see_only_their_own_files_and_what_their_zip_holds() -> None:
    for folder in sorted(path for path in (ROOT / "functions").iterdir() if list(path.glob("*.py"))):
        own = {file.stem for file in folder.glob("*.py")}
        others = {file.stem for file in (ROOT / "functions").glob("*/*.py")} - own - FUNCTION_NEIGHBOURS
        for file in folder.glob("*.py"):
            assert not imports(file) & HOUSE, f"{file.relative_to(ROOT)} imports the house"
            assert not imports(file) & others, f"{file.relative_to(ROOT)} imports another function"
            assert not imports(file) & {"pulumi", "pulumi_aws"}, f"{file.relative_to(ROOT)} imports Pulumi"


def test_only_the_rooms_of_the_house_lie_at_its_root() -> None:
    packages = {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert packages <= HOUSE, "name the new room in the rule"


def test_mypy_reads_every_service_that_the_program_has_resources_of() -> None:
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    read = {module for each in overrides if each.get("follow_imports") == "silent" for module in each["module"]}
    used = set().union(*map(provider_services, [*modules("__main__"), *modules("components"), *modules("settings")]))
    assert used
    assert {f"pulumi_aws.{service}.*" for service in used} - read == set()
