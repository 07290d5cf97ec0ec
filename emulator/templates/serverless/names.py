"""The logical ids of Serverless (``lib/plugins/aws/lib/naming.js``) and of its plugin serverless-step-functions."""

import hashlib
import re
from typing import Any, Final


def upper_first(name: str) -> str:
    """``orders`` is ``Orders``."""
    return name[:1].upper() + name[1:]


def normalized(name: str) -> str:
    """``charge-card`` is ``ChargeDashcard``."""
    return upper_first(name.replace("-", "Dash").replace("_", "Underscore"))


def alphanumeric(name: str) -> str:
    """``my-topic`` is ``Mytopic``."""
    return upper_first(re.sub(r"[^0-9A-Za-z]", "", name))


def function_id(key: str) -> str:
    """The function of a key."""
    return f"{normalized(key)}LambdaFunction"


def machine_id(key: str, machine: Any) -> str:
    """The state machine of a key: its ``id`` or ``name`` counts before the key."""
    custom = machine.get("id") or machine.get("name")
    return normalized(str(custom)) if custom else f"{normalized(key)}StepFunctionsStateMachine"


def path_part(part: str) -> str:
    """A part of a path: ``{id}`` is ``IdVar``."""
    text = part[:1].upper() + part[1:].lower() if part else part
    text = re.sub(r"\{(.*)\}", r"\1Var", text.replace("-", "Dash"))
    return upper_first(re.sub(r"[^0-9A-Za-z]", "", text))


def path_id(path: str) -> str:
    """A path: ``orders/{id}`` is ``OrdersIdVar``."""
    return "".join(path_part(each) for each in path.strip("/").split("/"))


RULE_LIMIT: Final = 64


def rule_name(function: str, index: int) -> str:
    """The name of a rule of EventBridge that an event without a name gets."""
    name = f"{function}-rule-{index}"
    if len(name) <= RULE_LIMIT:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: RULE_LIMIT - len(digest) - 1]}-{digest}"


def last_name(arn: Any) -> str:
    """What Serverless calls a queue, a stream or a topic: the end of its ARN, or the logical id in a function."""
    if isinstance(arn, dict):
        for name in ("Fn::GetAtt", "Ref", "Fn::ImportValue", "Fn::Join"):
            value = arn.get(name)
            if name == "Fn::Join" and isinstance(value, list):
                return str(value[1][-1]).rpartition("/")[2]
            if isinstance(value, list):
                return str(value[0])
            if isinstance(value, str):
                return value.partition(".")[0]
        return "Source"
    text = str(arn)
    return text.split("/")[1] if "/stream/" in text or ":stream/" in text else text.rpartition(":")[2]
