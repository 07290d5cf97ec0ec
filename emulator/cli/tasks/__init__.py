"""``emulate tasks``: background tasks of a running server, over GraphQL."""
