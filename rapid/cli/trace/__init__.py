"""`rapid trace`: the way of one event, from its request to where it is now."""
