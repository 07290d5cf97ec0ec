"""A call of boto3, as the stub that answers it and its test see it."""

from datetime import datetime
from typing import Any, NoReturn

from asl.resources import Resource
from asl.values import Json
from emulator.execution import Execution
from emulator.stubs.call import TaskCall


class RequestCall(TaskCall):
    """A call that no Task makes itself: ``resource`` is the action's, ``within`` says which function made it.

    It is of no state and of no item of a Map. ``execution`` is the one whose state called the function, if there is
    one; without one it raises ``AttributeError``.
    """

    __slots__ = ("_members", "_resource", "within")

    def __init__(
        self, resource: Resource, members: dict[str, Json], execution: Execution | None, at: datetime, within: str
    ) -> None:
        if execution is not None:
            self.execution = execution
        self.at = at
        self.visit = 1
        self.within = within
        self._resource = resource
        self._members = members

    def __getattr__(self, name: str) -> NoReturn:
        if name == "execution":
            raise AttributeError("the call was made outside of executions")
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def __repr__(self) -> str:
        where = f", {self.within}" if self.within else ""
        return f"<RequestCall {self._resource.service}:{self._resource.action} input={self._members!r}{where}>"

    @property
    def input(self) -> Any:
        """The members of the request, in the names of Step Functions."""
        return self._members

    @property
    def arguments(self) -> Any:
        """The members of the request, in the names of Step Functions."""
        return self._members

    @property
    def state_name(self) -> str:
        """Empty: no state makes the call itself."""
        return ""

    @property
    def resource(self) -> str:
        """The Resource of a Task that would make the call."""
        return self._resource.text

    @property
    def items(self) -> tuple[int, ...]:
        """Empty."""
        return ()

    @property
    def attempt(self) -> int:
        """1: a client's own retries are calls of their own."""
        return 1

    @property
    def token(self) -> str | None:
        """``None``."""
        return None
