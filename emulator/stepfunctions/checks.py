"""Checks of a request: its members, names, ARNs, an input, and the constraints of the service model.

The texts are AWS's (recorded: ``test_sfn_api``).
"""

import json
import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from asl.bounds import NAME_LIMIT
from asl.jackson import json_error
from asl.source import MAX_DEFINITION
from asl.values import PAYLOAD_LIMIT, JsonTextError, decode, exceeds_limit, size
from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.stepfunctions.errors import aws_error

FORBIDDEN: Final = '<>{}[]?*"#%\\^|~`$&,;:/'
"""Characters not allowed in names, besides blanks and control characters (developer guide, StartExecution)."""
_FORBIDDEN_NAME: Final = re.compile(rf"[\s{re.escape(FORBIDDEN)}\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_PARTS: Final = re.compile(r"aws[a-z-]*:states:[a-z0-9-]*:\d*:[a-zA-Z]+")
"""An ARN of Step Functions up to the name."""


def check_members(
    operation: str, request: Mapping[str, Any], members: Container[str], unchanged: Mapping[str, Any]
) -> None:
    """Refuse, by name, members that are not emulated, or emulated with one value only and given another."""
    for member, value in request.items():
        taken = member in members or (member in unchanged and _is_default(value, unchanged[member]))
        if not taken:
            raise NotEmulatedError(f"{operation}: {member}={json.dumps(value, default=str)} is not emulated yet.")


def _is_default(value: Any, default: Any) -> bool:
    return bool(value == default if not isinstance(default, dict) else value.items() <= default.items())


def is_name(name: str) -> bool:
    """Whether AWS accepts it as the name of a machine, an execution, or an activity."""
    return 0 < len(name) <= NAME_LIMIT and not _FORBIDDEN_NAME.search(name)


def checked_name(name: str) -> str:
    """``name``; raises ``InvalidName``."""
    if not is_name(name):
        raise aws_error("InvalidName", name)
    return name


def checked_arn(arn: str, type: str) -> str:
    """``arn``, if it names a resource of this type; raises ``InvalidArn``."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or not _PARTS.fullmatch(":".join(map(str, parsed[:5]))) or not (parsed.name or parsed.qualifier):
        raise aws_error("InvalidArn", f"Invalid ARN prefix: {arn}")
    if parsed.type != type:
        raise aws_error("InvalidArn", f"Resource type not valid in this context: {parsed.type}")
    return arn


def check_input(text: str) -> None:
    """Refuse a text that is not a valid input of an execution."""
    if exceeds_limit(text):
        raise too_long(text, "input")
    check_json(text, "InvalidExecutionInput", "the execution input", "Invalid execution input.")


def check_json(text: str, code: str, what: str, if_blank: str) -> None:
    """Raises the error ``code`` for a text that is not JSON; ``what`` names it, ``if_blank`` is said of no text."""
    try:
        decode(text)
    except JsonTextError as error:
        reason = json_error(text, what) or error.message
        raise aws_error(code, reason if text.strip() else if_blank) from None


def check_definition_length(request: Mapping[str, Any]) -> None:
    """Refuse a definition of more than 1,048,576 characters, before it is read."""
    if len(request.get("definition", "")) > MAX_DEFINITION:
        raise too_long(request["definition"], "definition", MAX_DEFINITION)


def too_long(text: str, member: str, limit: int = PAYLOAD_LIMIT) -> AwsError:
    """The refusal of a text of more than ``limit`` characters, whose value AWS does not show.

    An input or output is also refused for as many bytes of UTF-8.
    """
    rule = f"Member must have length less than or equal to {limit}"
    told = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}"
    error = aws_error("ValidationException", told)
    error.told = f"    given: {len(text):,} characters, {size(text):,} bytes of UTF-8"
    return error


def check_word(request: Mapping[str, Any], member: str, words: Iterable[str]) -> None:
    """Refuse a value that the service model does not list."""
    if member in request and request[member] not in words:
        raise constraint(request[member], member, f"Member must satisfy enum value set: [{', '.join(words)}]")


def check_range(request: Mapping[str, Any], member: str, lowest: float, highest: float | None = None) -> None:
    """Refuse a number that is too small or too large."""
    value = request.get(member)
    if value is None:
        return
    if value < lowest:
        raise constraint(value, member, f"Member must have value greater than or equal to {lowest}")
    if highest is not None and value > highest:
        raise constraint(value, member, f"Member must have value less than or equal to {highest}")


def constraint(value: object, member: str, rule: str) -> AwsError:
    """The refusal of a value that breaks a constraint of the service model."""
    shown = "null" if value is None else f"'{value}'"
    text = f"1 validation error detected: Value {shown} at '{member}' failed to satisfy constraint: {rule}"
    return aws_error("ValidationException", text)
