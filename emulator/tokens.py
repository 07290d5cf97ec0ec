"""Task tokens as objects of a test: a task that waits for a worker, and the three answers that its worker can give.

``Execution.wait_for_task_token`` and ``Execution.tokens`` give them (``emulator.stepfunctions.token_waits``).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from emulator.definitions.given import json_text
from emulator.wrong_types import check_text

EXAMPLE: Final = 'token.failure("Rejected", "too expensive")'


class TaskToken:
    """A task that waits for an answer: ``success``, ``failure`` or ``heartbeat``, as its worker would give them.

    Each of them is a call of the API, and raises what boto3 raises: ``TaskTimedOut`` for a task that is answered
    already, has timed out or was stopped. What an answer leads to happens at once, as far as no time has to pass;
    ``emulator.finish(run)`` runs the rest.
    """

    def __init__(
        self,
        text: str,
        *,
        state_name: str,
        index: int | None,
        arn: str,
        input: Any,
        send: Callable[..., Any],
        is_open: Callable[[], bool],
    ) -> None:
        self.text = text
        """The token, as ``$$.Task.Token`` has it."""
        self.state_name = state_name
        """The name of the state that waits."""
        self.index = index
        """The number of the Map's item that the state is in, from 0; ``None`` outside of Maps."""
        self.arn = arn
        """The ARN of the execution that waits: a nested execution, or a child of a map run, has its own."""
        self.input = input
        """What the task was called with: its Parameters or Arguments, evaluated; of ``lambda:invoke`` the Payload."""
        self._send = send
        self._is_open = is_open

    @property
    def is_open(self) -> bool:
        """Whether the task still waits for this token's answer."""
        return self._is_open()

    def success(self, output: Any = None, *, output_text: str | None = None) -> None:
        """SendTaskSuccess with the JSON value ``output``; ``None`` means ``{}``. ``output_text`` is JSON text instead.

        Raises ``InputError`` for a value that is not JSON, botocore's ``ClientError`` as AWS refuses the answer.
        """
        if output_text is not None:
            check_text("output_text", output_text, 'token.success(output_text="null")')
        text = json_text({} if output is None else output) if output_text is None else output_text
        self._send("send_task_success", taskToken=self.text, output=text)

    def failure(self, error: str | None = None, cause: str | None = None) -> None:
        """SendTaskFailure: the task fails with this error and cause.

        Raises ``EmulatorError`` for what is not text, botocore's ``ClientError`` as AWS refuses the answer.
        """
        given = {"error": error, "cause": cause}
        for name, value in given.items():
            if value is not None:
                check_text(name, value, EXAMPLE)
        told = {name: value for name, value in given.items() if value is not None}
        self._send("send_task_failure", taskToken=self.text, **told)

    def heartbeat(self) -> None:
        """SendTaskHeartbeat: the task's ``HeartbeatSeconds`` begin anew."""
        self._send("send_task_heartbeat", taskToken=self.text)

    def __repr__(self) -> str:
        where = "" if self.index is None else f", item {self.index}"
        status = "" if self.is_open else ", no longer open"
        return f"<TaskToken ...{self.text[-16:]} of {self.state_name}{where}{status}>"


class TokenWaits(Protocol):
    """What an execution asks about its tokens."""

    def wait(self, execution: Any, state_name: str, index: int | None) -> TaskToken:
        """The token of a state, once it waits."""
        ...

    def open(self, execution: Any) -> Sequence[TaskToken]:
        """The tokens that are open now."""
        ...
