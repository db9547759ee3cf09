"""Daily aggregate tables of the curated events: what a contract's `aggregates` says, kept exactly.

An aggregate table names the snapshot of the curated table that it was made from, by a property that is set in the
transaction which brings the rows. So it may lag by a run that was killed, but it is never wrong for what it names.
"""
