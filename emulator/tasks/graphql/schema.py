"""The executable schema, and ``execute``: one request in, its JSON answer out."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from ariadne import make_executable_schema
from graphql import GraphQLError, GraphQLSchema, graphql_sync

from emulator.tasks.service import Tasks

from .permissions import FULL_ACCESS, Permissions, check_form
from .resolvers import Caller, bindings
from .sdl import schema_text

RESERVED: Final = ("true", "false", "null")
"""Definition ids that a GraphQL enum cannot contain."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED: Final = re.compile(r"'([^']*)'")


def make_schema(tasks: Tasks) -> GraphQLSchema:
    """The schema with the current public definitions of ``tasks``.

    Its resolvers take a ``Caller`` as context. Raises ``ValueError`` for an id that is not a valid GraphQL name.
    """
    return _schema(public_ids(tasks), tasks.profile.has("definition_fields"))


def printed_schema(tasks: Tasks) -> str:
    """The schema as text."""
    return schema_text(public_ids(tasks), with_fields=tasks.profile.has("definition_fields"))


def public_ids(tasks: Tasks) -> tuple[str, ...]:
    """The ids of the public definitions, each once; raises ``ValueError`` like ``make_schema``."""
    ids = dict.fromkeys(definition.id for definition in tasks.registry if not definition.is_private)
    for id_ in ids:
        if id_ in RESERVED or not _NAME.fullmatch(id_):
            raise ValueError(
                f'the task "{id_}" cannot be available in GraphQL: names consist of letters, digits and _, and cannot '
                f"be {', '.join(RESERVED)}; give it another id, or make it private"
            )
    return tuple(ids)


@lru_cache(maxsize=32)
def _schema(ids: tuple[str, ...], with_fields: bool) -> GraphQLSchema:
    return make_executable_schema(schema_text(ids, with_fields=with_fields), *bindings())


def execute(
    tasks: Tasks,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    operation_name: str | None = None,
    permissions: Permissions = FULL_ACCESS,
    debug: bool = False,
) -> dict[str, Any]:
    """The API's answer: ``{"data"}``, plus ``"errors"`` if something failed; only ``"errors"`` for an invalid request.

    ``permissions`` are permission objects (``{"name": "tasks", "rwd": "r"}``); by default everything is allowed. With
    ``debug`` errors include their ``stack``. Raises ``ValueError`` for malformed permissions.
    """
    result = graphql_sync(
        make_schema(tasks),
        query,
        context_value=Caller(tasks, check_form(permissions), debug),
        variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    errors = result.errors or []
    answer: dict[str, Any] = {"errors": [_error(error) for error in errors]} if errors else {}
    began = not errors or any(error.path for error in errors)
    return {**answer, "data": result.data} if began else answer


def _error(error: GraphQLError) -> dict[str, Any]:
    """The error in the original's wording: names in double quotes."""
    formatted: dict[str, Any] = {**error.formatted}
    return formatted if error.path else {**formatted, "message": _QUOTED.sub(r'"\1"', error.message)}
