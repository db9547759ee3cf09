"""The `rapid` command: what an operator does with a stack, on the local cloud or on AWS."""


def main() -> None:
    """Run the command line."""
    from .app import app

    app()
