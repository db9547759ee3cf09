"""Which of the checkout's sources a stack is to have: those that its config key `sources` names, else all."""

from contracts import Contract

from . import project
from .errors import CommandError
from .stack_settings import StackSettings, settings_of
from .target import LocalStack, Target


def contracts_by(settings: StackSettings) -> tuple[Contract, ...]:
    """The contracts of a configuration. Raises CommandError."""
    known = project.all_contracts()
    chosen = [name.strip() for name in settings.get("sources").split(",") if name.strip()]
    if missing := sorted({*chosen} - {contract.source for contract in known}):
        raise CommandError(
            f"Pulumi.{settings.stack}.yaml: sources names {', '.join(missing)}, which sources/ does not have; "
            f"it has {', '.join(contract.source for contract in known)}"
        )
    return tuple(contract for contract in known if not chosen or contract.source in chosen)


def deployed_contracts(stack: Target) -> list[Contract]:
    """Of those, the contracts of sources that are deployed. Raises CommandError."""
    deployed = {*stack.masked_outputs.get("sources", ())}
    return [contract for contract in contracts_of(stack) if contract.source in deployed]


def contracts_of(stack: Target) -> tuple[Contract, ...]:
    """The contracts of a deployed stack, by its file of configuration; all where the checkout has none.

    A source that the file chooses and that is not deployed yet is among them. Raises CommandError.
    """
    named = stack.stack if isinstance(stack, LocalStack) else str(stack.masked_outputs.get("stack_tag", ""))
    name = named.rpartition("/")[2]
    if not name or not (project.ROOT / f"Pulumi.{name}.yaml").exists():
        return project.all_contracts()
    return contracts_by(settings_of(name))
