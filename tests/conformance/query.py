"""The cases of ``query`` that state machines run: expressions, paths and intrinsic functions as AWS was seen to answer.

The other files there (JSONata's own suite, json-path's answers) are about expressions outside of a state machine:
``tests/asl/jsonata/test_conformance.py`` and ``tests/asl/test_jsonpath.py`` read them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from asl.values import decode, encode
from tests.conformance.accounts import Open
from tests.conformance.corpus import FOLDER
from tests.conformance.outcome import Case, Outcome
from tests.emulator.server.served import ROLE

CASES: Final = FOLDER / "query"
FACTS: Final = CASES / "aws-query-facts.json"


def cases() -> Iterator[Case]:
    """All cases; the id is made of the kind and the number of the case in its list."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    for kind in ("jsonata", "jsonataValidation", "jsonpathAndIntrinsics"):
        for number, fact in enumerate(facts[kind]):
            yield Case(f"query/{kind}/{number}", f"query {kind}", fact)


def run(fact: dict[str, Any], open_account: Open) -> Outcome:
    """What came of a case."""
    state = _state(fact)
    if state is None or not fact.keys() & {"message", "causeTail", "undefined", "output", "outputText"}:
        return Outcome.excluded("it says too little to make a state machine of it")
    definition = json.dumps({"StartAt": "State", "States": {"State": state}})
    with open_account(definition) as account:
        states = account.client("stepfunctions")
        if "message" in fact:
            diagnostics = states.validate_state_machine_definition(definition=definition)["diagnostics"]
            wanted = {"code": fact["code"], "message": fact["message"]}
            agrees = [{key: each[key] for key in wanted} for each in diagnostics] == [wanted]
            return Outcome.of([] if agrees else [f"recorded {wanted}, here {diagnostics}"])
        machine = states.create_state_machine(name="machine", definition=definition, roleArn=ROLE)["stateMachineArn"]
        input_ = fact["inputText"] if "inputText" in fact else json.dumps(fact.get("input", {}))
        execution = states.start_execution(stateMachineArn=machine, input=input_)["executionArn"]
        ended = states.describe_execution(executionArn=execution)
    agrees = _has_output(fact, ended["output"]) if "output" in ended else _has_failed(fact, ended)
    return Outcome.of([] if agrees else [f"recorded {fact}, here {ended}"])


def _has_output(fact: dict[str, Any], output: str) -> bool:
    document = decode(output)
    assert isinstance(document, dict)
    found = document["found"]
    if "outputText" in fact:
        return bool(encode(found) == fact["outputText"])
    return "output" in fact and _as_doubles(found) == _as_doubles(fact["output"])


def _has_failed(fact: dict[str, Any], ended: dict[str, Any]) -> bool:
    tail = "returned nothing (undefined)." if fact.get("undefined") else fact.get("causeTail", "nothing fails")
    pattern = re.sub("<uuid>", "[0-9a-f-]{36}", re.escape(tail)).replace(r"<input\ json>", ".*")
    cause = re.search(f"{pattern}$", ended["cause"], re.DOTALL)
    return cause is not None and ended["error"] == fact.get("error", "States.QueryEvaluationError")


def _state(fact: dict[str, Any]) -> dict[str, Any] | None:
    """The state that evaluates the fact in the field where it was seen; ``None`` if the fact does not say."""
    if "expr" in fact:
        expression = "{% " + re.sub(r" \((where|outside) [^()]*\)$", "", fact["expr"]) + " %}"
        written: dict[str, Any] = {"Type": "Pass", "Output": {"found": expression}}
        if fact.get("field") == "Items":
            ends = {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": True}}}
            written = {"Type": "Map", "Items": expression, "ItemProcessor": ends}
        return {"QueryLanguage": "JSONata", **written, "End": True}
    if "intrinsic" in fact:
        return {"Type": "Pass", "Parameters": {"found.$": fact["intrinsic"]}, "End": True}
    if "selector" in fact and "output" in fact:
        return {"Type": "Pass", "Parameters": {"found.$": fact["selector"]}, "End": True}
    if fact.get("field") in ("InputPath", "OutputPath"):
        return {"Type": "Pass", fact["field"]: fact["selector"], "End": True}
    if fact.get("field") == "value.$":
        return {"Type": "Pass", "Parameters": {"value.$": fact["selector"]}, "End": True}
    if fact.get("field") in ("ErrorPath", "CausePath"):
        return {"Type": "Fail", fact["field"]: fact["selector"]}
    return None


def _as_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_doubles(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
