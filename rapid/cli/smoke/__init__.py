"""`rapid smoke`: whether a deployed stack takes events at every door, delivers them and answers."""
