"""Coverage-guided fuzzing of the checks: whatever a definition is, they answer with problems and raise nothing else.

    pip install atheris && python tests/fuzz/fuzz_compile.py -max_total_time=180 [CORPUS_FOLDER]

Half of the inputs are text as it comes; the others are valid definitions in which values have been replaced. An
exception other than ``DefinitionError`` ends the run, with the input in a file ``crash-...``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["asl"]):
    from asl import DefinitionError, check, compile  # noqa: A004 - the word of the field
    from asl.fields import ALL_TYPES, FIELDS, NESTED
    from asl.lint import lint
    from asl.references import variable_references

WORDS = [*(field.name for field in FIELDS), *ALL_TYPES, *(name for table in NESTED.values() for name in table)]
WORDS += [
    "States",
    "StartAt",
    "Variable",
    "And",
    "Not",
    "Condition",
    "A",
    "B",
    "$.a",
    "$v",
    "{% $x %}",
    "States.UUID()",
]
SEED: Any = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Assign": {"v": 1}, "Parameters": {"x.$": "$.y"}, "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$v", "IsNull": True, "Next": "C"}], "Default": "C"},
        "C": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "Wait", "Seconds": 1, "End": True}}},
            "Retry": [{"ErrorEquals": ["E"]}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E", "ResultPath": "$.e"}],
            "Next": "E",
        },
        "E": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "QueryLanguage": "JSONata",
            "Arguments": {"a": "{% $states.input %}"},
            "TimeoutSeconds": 5,
            "End": True,
        },
    },
}


def value(data: atheris.FuzzedDataProvider, depth: int = 3) -> Any:
    """Any JSON value, with the language's own words among its strings."""
    kind = data.ConsumeIntInRange(0, 8 if depth else 5)
    if kind <= 2:
        return WORDS[data.ConsumeIntInRange(0, len(WORDS) - 1)]
    if kind == 3:
        return data.ConsumeUnicode(8)
    if kind == 4:
        return data.ConsumeInt(8)
    if kind == 5:
        return [None, True, False, 1.5, -1, ""][data.ConsumeIntInRange(0, 5)]
    if kind == 6:
        return [value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 3))]
    return {str(value(data, 0)): value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 4))}


def damaged(data: atheris.FuzzedDataProvider) -> Any:
    """``SEED`` with a few values replaced, added, or taken away."""
    definition = json.loads(json.dumps(SEED))
    for _ in range(data.ConsumeIntInRange(1, 4)):
        at = definition
        while isinstance(at, dict | list) and at:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = keys[data.ConsumeIntInRange(0, len(keys) - 1)]
            if not isinstance(at[key], dict | list) or data.ConsumeBool():
                break
            at = at[key]
        if isinstance(at, dict) and at:
            if data.ConsumeIntInRange(0, 3) == 0:
                del at[key]
            else:
                at[key if data.ConsumeBool() else str(value(data, 0))] = value(data)
        elif isinstance(at, list) and at:
            at[key] = value(data)
    return definition


def one_input(given: bytes) -> None:
    """One round."""
    data = atheris.FuzzedDataProvider(given)
    text = data.ConsumeUnicode(4096) if data.ConsumeBool() else json.dumps(damaged(data))
    for type_ in ("STANDARD", "EXPRESS"):
        problems = check(text, type=type_)
        for problem in problems:
            assert problem.message
            assert problem.text("f")
            assert problem.aws_text()
        refused = False
        try:
            compile(text, type=type_)
        except DefinitionError:
            refused = True
        assert refused or not any(problem.severity == "ERROR" for problem in problems)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(parsed, dict):
        list(lint(parsed))
        variable_references(parsed)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
