"""From processed objects to rows of a source's curated table, each event once: inputs, ledger, repeats."""
