"""One call of a Task, as a stub and its test see it."""

from datetime import datetime
from typing import Any

from asl.effects import CallTarget
from asl.frames import Position
from emulator.execution import Execution, StateMachine


class TaskError(Exception):
    """What a function given to ``answers`` raises so that the task fails: ``TaskError("Card.Declined", "no money")``.

    ``check=False`` allows an error name that the service does not have.
    """

    def __init__(self, error: str, cause: str | None = None, *, check: bool = True) -> None:
        super().__init__(error if cause is None else f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.check = check


class TaskCall:
    """A call of a Task: what was asked, and where. Its values do not change."""

    __slots__ = ("_call", "_position", "at", "execution", "visit")

    def __init__(self, execution: Execution, call: CallTarget, position: Position, at: datetime, visit: int) -> None:
        self.execution = execution
        """The execution; of an item of a distributed Map, the item's own."""
        self.at = at
        """When the call was made; aware, UTC."""
        self.visit = visit
        """How often the execution has entered the state so far: 1 for the first time. Items of a Map count on."""
        self._call = call
        self._position = position

    def __repr__(self) -> str:
        where = "".join(f"[{index}]" for index in self.items)
        again = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"<TaskCall {self.state_name}{where}{again} input={self.input!r}>"

    @property
    def input(self) -> Any:
        """What the called function, service or worker gets, as a JSON value.

        Of ``lambda:invoke`` the Payload; of every other resource the Task's whole Arguments or Parameters.
        """
        resource, arguments = self._call.resource, self._call.argument.value
        if resource.service == "lambda" and isinstance(arguments, dict):
            return arguments.get("Payload")
        return arguments

    @property
    def arguments(self) -> Any:
        """The Task's Arguments or Parameters, evaluated; without these, its input."""
        return self._call.argument.value

    @property
    def state_name(self) -> str:
        """The name of the Task."""
        return self._call.state_name

    @property
    def state_machine(self) -> StateMachine:
        """The state machine."""
        return self.execution.state_machine

    @property
    def resource(self) -> str:
        """The Task's Resource."""
        return self._call.resource.text

    @property
    def items(self) -> tuple[int, ...]:
        """The index of the item in each Map around the Task, the outermost first; empty outside of Maps."""
        return (*self.execution.items, *self._position.items)

    @property
    def item(self) -> int | None:
        """The index of the item in the Map around the Task, from 0; ``None`` outside of Maps."""
        return self.items[-1] if self.items else None

    @property
    def attempt(self) -> int:
        """1 for the first call of a visit to the state, 2 for its first retry."""
        return self._position.retries + 1

    @property
    def token(self) -> str | None:
        """The task token with which the task can be answered; ``None`` for a task that waits for no token."""
        return self._call.task_token
