"""Erasing a person: every event of a source in which one field has one value, wherever the stack keeps it.

A place is searched in all versions of its objects. What is found in the current version is rewritten without it, or
deleted where nothing else is left; what is found in an old version goes with that version, by its id. Places are
emptied in an order that keeps the counts (docs/counts.md) right at any moment: an event leaves the raw zone before it
leaves the place that says what became of it, and the curated table last.
"""
