"""The state machine that runs a task's Lambda function in a loop: ``state_machine.asl.json`` with the function's ARN.

``${LambdaArn}`` is the only placeholder. The file is the definition of 5.41.0; ``CHANGES`` makes those of the other
releases. Only since 5.41.0 a function that answers ``null`` ends in UnknownError: before, AWS fails the execution
with States.Runtime, because there is no ``$.status``.
"""

import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Final, TypeAlias

DEFINITION_FILE: Final = "state_machine.asl.json"
LATEST: Final = "5.41.0"
"""The release of the file."""

States: TypeAlias = dict[str, Any]


def definition(lambda_arn: str, machine: str = LATEST) -> str:
    """The definition as JSON text for ``create_state_machine``; the Run state invokes ``lambda_arn``.

    ``machine`` is a value of ``Profile.machine``; raises ``KeyError`` for any other.
    """
    text = resources.files(__package__).joinpath(DEFINITION_FILE).read_text(encoding="utf-8")
    text = text.replace("${LambdaArn}", lambda_arn)
    if not (changes := CHANGES[machine]):
        return text
    made = json.loads(text)
    for change in changes:
        change(made["States"])
    return json.dumps(made, indent=2)


def _without_null_rule(states: States) -> None:
    choices = states["CheckStatus"]["Choices"]
    choices[:] = [choice for choice in choices if "IsNull" not in choice]


def _without(name: str) -> Callable[[States], None]:
    """Removes a field of the event from what the machine takes and what it hands to the function."""

    def change(states: States) -> None:
        del states["TransformEvent"]["Parameters"][f"{name}.$"]
        del states["Run"]["Parameters"]["payload"][f"{name}.$"]

    return change


CHANGES: Final[Mapping[str, tuple[Callable[[States], None], ...]]] = {
    "5.39.0": (_without_null_rule, _without("delay")),
    "5.39.3": (_without_null_rule,),
    LATEST: (),
    "6.4.11": (_without("locale"),),
}
"""Value of ``Profile.machine`` -> the changes of the file."""
