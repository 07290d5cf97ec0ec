"""What a handler sees of time."""
