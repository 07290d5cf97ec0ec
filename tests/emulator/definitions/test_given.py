"""Arguments in place of a definition or an input: JSON text, bytes, paths and numbers that mean something else."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError, InputError

PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[1, 2]", "{}", "[]", ' \n{"a": 1}\n', '\ufeff{"a": 1}', b'{"a": 1}', bytearray(b"[1]")]
)
def test_json_text_is_no_input(emulator: Emulator, text: Any) -> None:
    for method in (emulator.run, emulator.start):
        with pytest.raises(InputError) as caught:
            method(PASS, text)
        assert "a text that holds JSON; as a value it would become one JSON string" in str(caught.value)
        assert "fix: give the value, json.loads(text), or input_text=text" in str(caught.value)
    assert emulator.executions == []


@pytest.mark.parametrize("text", ["abc", "", "1", "true", '"abc"', "{a}", "{'a': 1}", "[draft] title", "{", "{} {}"])
def test_another_text_is_an_input(emulator: Emulator, text: str) -> None:
    assert emulator.run(PASS, text).output == text


def test_input_text_is_json_text_as_start_execution_takes_it(emulator: Emulator) -> None:
    assert emulator.run(PASS, input_text='{"a": 1}').output == {"a": 1}
    assert emulator.start(PASS, input_text='\ufeff {"a": 1}\n').input == {"a": 1}
    assert emulator.run(PASS, input_text=json.dumps('{"a": 1}')).output == '{"a": 1}'
    assert emulator.run(PASS, input_text="null").output is None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"input_text": "abc"}, "input_text 'abc' is not JSON: line 1, column 1"),
        ({"input_text": ""}, "input_text '' is not JSON: line 1, column 1"),
        ({"input_text": {"a": 1}}, "input_text is JSON text, not dict\n    fix: give the value itself as input"),
        ({"input_text": b"{}"}, "input_text is JSON text, not bytes\n    fix: decode the bytes: text.decode()"),
        ({"input": {"a": 1}, "input_text": "{}"}, "one input: give input=VALUE or input_text=TEXT, not both"),
        ({"input": b"abc"}, "is bytes\n    fix: decode it: value.decode() for a string"),
        ({"input_text": '"' + "x" * 307_200 + '"'}, "the input has 307,202 bytes"),
    ],
)
def test_a_wrong_input_text_is_refused(emulator: Emulator, arguments: Any, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        emulator.run(PASS, **arguments)
    assert reason in str(caught.value)


def test_json_text_is_no_input_of_a_background_task(emulator: Emulator) -> None:
    for text in ('{"a": 1}', b'{"a": 1}'):
        with pytest.raises(TypeError, match=r"trigger: input: needs an object .*, not JSON text; give json.loads"):
            emulator.tasks.trigger("testingRun", text)


def test_an_event_with_an_object_as_detail_is_refused(emulator: Emulator) -> None:
    entry = {"Source": "shop", "DetailType": "placed", "Detail": {"order": 7}}
    with pytest.raises(Exception, match=r"Invalid type for parameter Entries\[0\].Detail, value: {'order': 7}"):
        boto3.client("events").put_events(Entries=[entry])
    entry["Detail"] = json.dumps(json.dumps({"order": 7}))
    answer = boto3.client("events").put_events(Entries=[entry])
    assert answer["Entries"] == [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}]
    assert emulator.bus.entries == []


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (b'{"StartAt": "A"}', "not bytes\n    fix: decode them: definition.decode()"),
        (None, "a definition is a file's path, JSON text, or a mapping, not None (NoneType)"),
        ([PASS], "JSON text, or a mapping, not [{'StartAt'"),
        (5, "JSON text, or a mapping, not 5 (int)"),
        ("", "the definition is an empty text"),
        ("StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n", "is neither JSON nor the path of a file"),
        ("x" * 5_000, "there is no definition xxx"),
        ("a\0b", "there is no definition a"),
    ],
)
def test_what_is_no_definition_is_named(emulator: Emulator, definition: Any, reason: str) -> None:
    for method in (emulator.run, emulator.start, emulator.state_machine):
        with pytest.raises(EmulatorError) as caught:
            method(definition)
        assert reason in str(caught.value)


def test_an_arn_is_no_definition_but_may_be_that_of_a_machine(emulator: Emulator) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    with pytest.raises(EmulatorError, match="is an ARN, not a definition"):
        emulator.state_machine(arn)
    for method in (emulator.run, emulator.start):
        with pytest.raises(EmulatorError, match=f"there is no state machine {arn}. There are: none"):
            method(arn)


def test_a_path_that_does_not_exist_has_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "order.asl.json").write_text(json.dumps(PASS), encoding="utf-8")
    with Emulator(root=tmp_path) as emulator, pytest.raises(EmulatorError) as caught:
        emulator.run("ordr.asl.json")
    assert str(caught.value).endswith('. Did you mean "order.asl.json"?')
