"""For people: what a task token that is not accepted was, and which tasks wait for an answer now.

AWS's error stays as it is for clients over HTTP and for executions; in this process two lines follow its text.
"""

from collections.abc import Iterator
from typing import Final

from asl.events import TaskFailed, TaskSucceeded, Token
from asl.tokens import read_task_token, task_token
from asl.values import instant_text
from emulator.aws.arns import region_of
from emulator.execution import Execution
from emulator.stepfunctions.service import StepFunctions

_MOST_SHOWN: Final = 3
_TIMED_OUT: Final = ("TaskTimedOut", "ActivityTimedOut")


def about_token(service: StepFunctions, text: str) -> str:
    """Two lines about the token ``text``: what it is or what happened to its task, and the tokens that are open."""
    return f"    given: {short(text)}: {_what_happened(service, text)}\n    open now: {_open_tokens(service)}"


def short(text: str) -> str:
    """The end of a token, in which those of one emulator differ; a text that is not a token is shown from its start."""
    if read_task_token(text) is None:
        return repr(text if len(text) <= 40 else f"{text[:40]}...")
    return f"...{text[-16:]}"


def _what_happened(service: StepFunctions, text: str) -> str:
    found = read_task_token(text)
    if found is None:
        return "it is not a task token of this emulator"
    arn, token = found
    execution = service.store.executions.get(arn) or service.store.children.get(arn)
    if execution is None:
        return f"it is of another emulator, or of an execution that was never started here: {arn}"
    if service.driver.is_open(execution, token):
        return f"its task waits in {region_of(arn)}: give it to a client of that region"
    told = [*_answers(execution, token), *_timeouts(execution, token)]
    if execution.finish is not None and execution.stopped_at is not None:
        told.append(f"execution {execution.name} ended {execution.status} at {instant_text(execution.stopped_at)}")
    return "; ".join(told) or f"execution {execution.name} no longer waits for it"


def _answers(execution: Execution, token: Token) -> Iterator[str]:
    for event in execution.events:
        if isinstance(event, TaskSucceeded | TaskFailed) and event.token == token:
            how = "success" if isinstance(event, TaskSucceeded) else "failure"
            yield f"it was answered already, with {how}, at {instant_text(event.at)}"
            return


def _timeouts(execution: Execution, token: Token) -> Iterator[str]:
    if any(isinstance(event, TaskSucceeded | TaskFailed) and event.token == token for event in execution.events):
        return
    timed_out = [record for record in execution.records if record.type in _TIMED_OUT]
    if timed_out:
        last = timed_out[-1]
        yield f"its task timed out at {instant_text(last.at)} ({(last.details or {}).get('error', 'States.Timeout')})"


def _open_tokens(service: StepFunctions) -> str:
    shown = [
        f"...{task_token(execution.arn, token)[-16:]} (state {state} of {execution.name})"
        for execution in (*service.store.executions.list(), *service.store.children.list())
        for token, state in execution.awaited_answers.items()
    ]
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return f"{', '.join(shown[:_MOST_SHOWN])}{more}" if shown else "none"
