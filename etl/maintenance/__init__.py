"""What keeps tables small: compaction, expiry of snapshots, deletion of orphans, or Glue's own optimizers."""
