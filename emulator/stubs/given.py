"""What a stub's step answers to one call: its value, its error, or what a function of the test says."""

from asl.resources import Resource
from asl.values import encode
from emulator.errors import EmulatorError, InputError
from emulator.not_json import find_not_json
from emulator.stubs.answers import Answer, Asks, Raises, Returns, Step
from emulator.stubs.call import TaskCall, TaskError
from emulator.stubs.checks import Checks
from emulator.stubs.script import Script
from emulator.targets.target import place as place_of


def given(checks: Checks, step: Step, script: Script, asked: TaskCall, resource: Resource) -> Returns | Raises | None:
    """The step's answer to this call; ``None`` if there is none.

    Raises ``EmulatorError`` for what a function of the test raises by mistake, and for an answer that is wrong.
    """
    answer = step.answer
    if isinstance(answer, Returns | Raises):
        return answer
    if not isinstance(answer, Asks):
        return None
    where = f"{step.place}: {script.words}" if step.place else script.words
    found: Answer
    try:
        value = answer.function(asked)
    except TaskError as error:
        found = Raises(error.error, error.cause, answer.check and error.check)
    except EmulatorError:
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise EmulatorError(f"{where}{step.words} failed at {asked!r}: {told}") from error
    else:
        if (wrong := find_not_json(value)) is not None:
            raise InputError(f"{where}{step.words} returned a value that is not JSON for {asked!r}: {wrong}")
        found = Returns(value, encode(value), answer.check, whole=not answer.check, submitted=step.submitted)
    if asked.state_name:
        where += f"{step.words} at {place_of(asked.state_machine, asked.state_name)}"
    else:
        where += f"{step.words} at {asked!r}"
    checks.check_answer(resource, found, where)
    return found
