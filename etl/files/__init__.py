"""Files that landed: recognised, read in bounded memory, checked row by row, written as processed Parquet."""
