"""`python -m rapid`: the `rapid` command."""

from rapid.cli import main

main()
