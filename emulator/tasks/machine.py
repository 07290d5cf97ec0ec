"""The state machine that runs a task's Lambda function in a loop: ``state_machine.asl.json`` with the function's ARN.

``${LambdaArn}`` is the only placeholder. The definition is the original's, plus one rule in CheckStatus: a
function that answers ``null`` ends in UnknownError, as the original's documentation describes; without the
rule AWS fails the execution with States.Runtime, because ``$.status`` does not exist.
"""

from importlib import resources
from typing import Final

DEFINITION_FILE: Final = "state_machine.asl.json"


def definition(lambda_arn: str) -> str:
    """The definition as JSON text for ``create_state_machine``; the Run state invokes ``lambda_arn``."""
    text = resources.files(__package__).joinpath(DEFINITION_FILE).read_text(encoding="utf-8")
    return text.replace("${LambdaArn}", lambda_arn)
