"""`rapid init`: the file of configuration of another customer, by asking."""
