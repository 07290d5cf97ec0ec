"""The GraphQL API of background tasks: the schema, one request, and an ASGI application (extra ``graphql``).

    from emulator.tasks.graphql import execute

    answer = execute(tasks, "{ backgroundTasks { listTasks { data { id taskStatus } error { message } } } }")

All its data comes from ``Tasks``, so it works wherever ``Tasks`` does. Importing it needs ariadne.
"""

from .http import Endpoint, app
from .permissions import FULL_ACCESS, NotAuthorizedError
from .schema import execute, make_schema
from .sdl import schema_text

__all__ = ["FULL_ACCESS", "Endpoint", "NotAuthorizedError", "app", "execute", "make_schema", "schema_text"]
