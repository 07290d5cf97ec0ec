"""What a caller may do over GraphQL: permission objects, as in the original's security groups.

``{"name": "tasks", "rwd": "rw"}``. The name is ``tasks`` or a pattern for it (``*``, ``task*``); without ``rwd`` a
permission allows everything. Calls by code (``Tasks``) are never asked.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias

from emulator.tasks.errors import TaskError

Letter: TypeAlias = Literal["r", "w", "d"]
Permissions: TypeAlias = Sequence[Mapping[str, Any]]

NAME: Final = "tasks"
FULL_ACCESS: Final[Permissions] = ({"name": "*"},)


class NotAuthorizedError(TaskError):
    """No permission allows it; code ``SECURITY_NOT_AUTHORIZED``."""

    def __init__(self) -> None:
        super().__init__("Not authorized!", "SECURITY_NOT_AUTHORIZED")


def check(permissions: Permissions, letter: Letter) -> None:
    """Raise ``NotAuthorizedError`` unless one of the permissions allows to read, write or delete tasks."""
    if not any(_allows(permission, letter) for permission in permissions):
        raise NotAuthorizedError


def check_form(permissions: Any) -> Permissions:
    """``permissions`` when it is a list of objects with a name; raises ``ValueError`` with what is wrong."""
    if not isinstance(permissions, Sequence) or isinstance(permissions, str):
        raise ValueError(f'permissions: {permissions!r} is not a list such as [{{"name": "tasks", "rwd": "r"}}]')
    for index, permission in enumerate(permissions):
        if not isinstance(permission, Mapping) or not isinstance(permission.get("name"), str):
            raise ValueError(f'permissions[{index}]: {permission!r} is not an object with a name, such as "tasks"')
    return permissions


def _allows(permission: Mapping[str, Any], letter: Letter) -> bool:
    rwd = permission.get("rwd")
    return fnmatchcase(NAME, permission["name"]) and (not isinstance(rwd, str) or letter in rwd)
