"""What moto gives: control planes and storage, with what it lacks of them."""
