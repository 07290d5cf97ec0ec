"""Histories, read: the one reader of an execution's records, and the words and lines that tell of what it read."""
