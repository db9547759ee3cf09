"""What a bill would say: the meter counts what AWS would bill as it happens, Cost Explorer prices it and answers."""
