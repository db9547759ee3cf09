"""Where the data lies, and SQL over it."""
