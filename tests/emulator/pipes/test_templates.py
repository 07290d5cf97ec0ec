"""``InputTemplate`` of a pipe, as the user guide has it."""

from typing import Any

import pytest

from emulator.pipes.templates import InvalidTemplateError, UnfilledError, parse

EVENT: Any = {
    "messageId": "m",
    "body": '{"key": "v", "n": 7, "list": [{"x": 1}, {"x": 2}], "say": "\\"hi\\""}',
    "attributes": {"SenderId": "A1"},
    "eventSource": "aws:sqs",
}
BODY = {"key": "v", "n": 7, "list": [{"x": 1}, {"x": 2}], "say": '"hi"'}
RESERVED: Any = {"aws.pipes.pipe-name": "p", "aws.pipes.event.ingestion-time": "2030-01-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("Hello, sender", "Hello, sender"),
        ("<$.attributes.SenderId>", "A1"),
        ("Hello, <$.attributes.SenderId>", "Hello, A1"),
        ('"Hello, <$.attributes.SenderId>"', "Hello, A1"),
        ('{"a": <$.body.key>, "b": "<$.body.key>"}', {"a": "v", "b": "v"}),
        ('{"a": <$.body.n>, "b": "<$.body.n>"}', {"a": 7, "b": "7"}),
        ("<$.body>", BODY),
        ('{"all": <$.body>}', {"all": BODY}),
        ('{"one": <$.body.list[1]>, "every": <$.body.list[*].x>}', {"one": {"x": 2}, "every": [1, 2]}),
        ('{"said": <$.body.say>, "again": "<$.body.say>"}', {"said": '"hi"', "again": '"hi"'}),
        ('{"none": <$.body.none>, "in": "<$.none>"}', {"none": "", "in": ""}),
        ('{"pipe": "<aws.pipes.pipe-name>"}', {"pipe": "p"}),
        ('{"at": <aws.pipes.event.ingestion-time>}', {"at": "2030-01-01T00:00:00.000Z"}),
        ('{"event": <aws.pipes.event.json>}', {"event": {**EVENT, "body": BODY}}),
        ('{"event": <aws.pipes.event>}', {"event": EVENT}),
        ('{\n  "a": 1\n}\n', {"a": 1}),
    ],
)
def test_what_a_template_makes(template: str, made: Any) -> None:
    assert parse(template).fill(EVENT, RESERVED) == made


def test_data_of_kinesis_is_read_as_json() -> None:
    event: Any = {"data": "eyJrIjogMX0=", "eventSource": "aws:kinesis"}
    assert parse('{"k": <$.data.k>}').fill(event, {}) == {"k": 1}


def test_a_body_that_is_no_json_is_a_text() -> None:
    assert parse('{"b": <$.body>}').fill({"body": "plain"}, {}) == {"b": "plain"}


def test_templates_that_make_no_json_are_told() -> None:
    with pytest.raises(UnfilledError, match="not JSON"):
        parse('{"a": <$.body.n> "b": 1}').fill(EVENT, {})


@pytest.mark.parametrize("template", ["<aws.pipes.what>", "<$.[>"])
def test_placeholders_that_pipes_does_not_have(template: str) -> None:
    with pytest.raises(InvalidTemplateError):
        parse(template)
