"""The zip of a Lambda function: its own files, the shared ones, and the contracts compiled to Python."""

from collections.abc import Iterable
from pathlib import Path

import pulumi

from contracts import Contract, validator

FUNCTIONS_DIRECTORY = Path(__file__).parent.parent / "functions"


class FunctionCodeError(pulumi.RunError):
    """A function's code is not where it should be. The message names the path and what to do."""


def archive(
    function: str, contracts: Iterable[Contract], functions_directory: Path = FUNCTIONS_DIRECTORY
) -> pulumi.AssetArchive:
    """The code of `functions/<function>/`, the same for the same files and contracts.

    Layout: `handler.py` and the folder's other modules, `shared/*.py`, `compiled/<source>.py`.
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
    return pulumi.AssetArchive({path: pulumi.StringAsset(files[path]) for path in sorted(files)})


def _modules(directory: Path, prefix: str) -> dict[str, str]:
    return {prefix + file.name: file.read_text(encoding="utf-8") for file in directory.glob("*.py")}
