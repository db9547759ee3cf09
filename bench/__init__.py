"""Benchmarks: one file a question, with ratios to named peers. README.md has them and their figures."""
