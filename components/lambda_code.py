"""The zip of a Lambda function: its own files, the shared ones, and the contracts compiled to Python."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

import pulumi

from contracts import Contract, validator

FUNCTIONS_DIRECTORY = Path(__file__).parent.parent / "functions"


class FunctionCodeError(pulumi.RunError):
    """A function's code is not where it should be. The message names the path and what to do."""


def archive(
    function: str,
    contracts: Iterable[Contract],
    functions_directory: Path = FUNCTIONS_DIRECTORY,
    *,
    distributions: Sequence[str] = (),
    texts: Mapping[str, str] | None = None,
) -> pulumi.AssetArchive:
    """The code of `functions/<function>/`, the same for the same files and contracts.

    Layout: `handler.py` and the folder's other modules, `shared/*.py`, `compiled/<source>.py`; of the distributions,
    which must be pure Python, the modules and licences as they are installed here; `texts` by name.
    Raises FunctionCodeError.
    """
    files = _modules(functions_directory / function, "")
    if "handler.py" not in files:
        raise FunctionCodeError(
            f"{functions_directory / function / 'handler.py'}: not found; "
            f"the function {function!r} needs a module handler.py with a function handler(event, context)"
        )
    files |= _modules(functions_directory / "shared", "shared/")
    files["compiled/__init__.py"] = ""
    files |= {f"compiled/{contract.source}.py": validator.source_code(contract) for contract in contracts}
    for name in distributions:
        files |= _installed(name)
    files |= texts or {}
    return pulumi.AssetArchive({path: pulumi.StringAsset(files[path]) for path in sorted(files)})


def _installed(name: str) -> dict[str, str]:
    """The modules of a distribution, and what says under which licence it is."""
    files = {}
    for file in distribution(name).files or ():
        is_notice = file.parts[0].endswith(".dist-info") and ("LICEN" in file.name or "COPYING" in file.name)
        if file.suffix == ".py" or is_notice:
            files[file.as_posix()] = file.read_text(encoding="utf-8")
        elif file.suffix in (".so", ".pyd"):
            raise FunctionCodeError(f"{name}: {file} is compiled; functions run on another processor than this one")
    return files


def _modules(directory: Path, prefix: str) -> dict[str, str]:
    return {prefix + file.name: file.read_text(encoding="utf-8") for file in directory.glob("*.py")}
