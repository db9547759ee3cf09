"""The installed command: `rapid.cli` for operators, `rapid.local` for the local cloud."""
