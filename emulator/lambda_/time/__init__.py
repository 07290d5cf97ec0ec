"""The time that a handler sees."""
