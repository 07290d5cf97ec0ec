"""The permissions of a GraphQL caller: permission objects, as in the original's security groups.

``{"name": "tasks", "rwd": "rw"}``. The name is ``tasks`` or a pattern that matches it (``*``, ``task*``); without
``rwd`` a permission allows everything. Calls from code (``Tasks``) are never checked.
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
    """No permission allows the operation; code ``SECURITY_NOT_AUTHORIZED``."""

    def __init__(self) -> None:
        super().__init__("Not authorized!", "SECURITY_NOT_AUTHORIZED")


def check(permissions: Permissions, letter: Letter) -> None:
    """Raise ``NotAuthorizedError`` unless a permission allows reading (``r``), writing (``w``) or deleting (``d``)."""
    if not any(_allows(permission, letter) for permission in permissions):
        raise NotAuthorizedError


def check_form(permissions: Any) -> Permissions:
    """``permissions`` if it is a list of objects with a name; otherwise raises ``ValueError`` with the problem."""
    if not isinstance(permissions, Sequence) or isinstance(permissions, str):
        raise ValueError(f'permissions: {permissions!r} is not a list such as [{{"name": "tasks", "rwd": "r"}}]')
    for index, permission in enumerate(permissions):
        if not isinstance(permission, Mapping) or not isinstance(permission.get("name"), str):
            raise ValueError(f'permissions[{index}]: {permission!r} is not an object with a name, such as "tasks"')
    return permissions


def _allows(permission: Mapping[str, Any], letter: Letter) -> bool:
    rwd = permission.get("rwd")
    return fnmatchcase(NAME, permission["name"]) and (not isinstance(rwd, str) or letter in rwd)
