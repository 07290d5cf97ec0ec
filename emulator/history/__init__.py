"""The one reader of an execution's records, and the texts that describe the result."""
