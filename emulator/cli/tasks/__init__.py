"""``emulate tasks``: background tasks of a running server, asked over GraphQL."""
