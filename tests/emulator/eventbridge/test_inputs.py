"""What a target receives. Rules without another source are recorded on AWS (LocalStack's ``test_events_inputs``)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.values import Json, encode
from emulator.eventbridge.inputs import InvalidTarget, UndeliverableInput, check_target, target_input

RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/orders/started"
INGESTED = "2026-01-02T03:04:05Z"
EVENT: dict[str, Json] = {
    "version": "0",
    "id": "e-1",
    "detail-type": "Task",
    "source": "app",
    "account": "123456789012",
    "time": "2026-01-02T03:04:05Z",
    "region": "us-east-1",
    "resources": ["r1"],
    "detail": {
        "id": "i-1",
        "n": 7,
        "half": 0.5,
        "on": True,
        "none": None,
        "states": ["ACTIVE", "INACTIVE"],
        "payload": {"acc": "0a-7", "sf": "baz"},
        "quote": 'say "hi"',
        "größe": "ü",
    },
}
PATHS = {
    "id": "$.detail.id",
    "n": "$.detail.n",
    "on": "$.detail.on",
    "none": "$.detail.none",
    "states": "$.detail.states",
    "payload": "$.detail.payload",
    "quote": "$.detail.quote",
    "gone": "$.detail.gone.further",
    "type": "$.detail-type",
}


def delivered(target: dict[str, Any]) -> str:
    target = {"Id": "t1", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", **target}
    check_target(target)
    return target_input(target, EVENT, rule_arn=RULE_ARN, rule_name="started", ingestion_time=INGESTED)


def transformed(template: str) -> str:
    return delivered({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template}})


def test_the_whole_event_by_default() -> None:
    assert delivered({}) == encode(EVENT)


def test_input_is_delivered_as_it_is_written() -> None:
    assert delivered({"Input": '{ "a":  1 }'}) == '{ "a":  1 }'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$", encode(EVENT)),
        ("$.detail.id", '"i-1"'),
        ("$.detail.n", "7"),
        ("$.detail.states", '["ACTIVE","INACTIVE"]'),
        ("$.detail.payload", '{"acc":"0a-7","sf":"baz"}'),
        ("$.detail.none", "null"),
        ("$.detail-type", '"Task"'),
        ("$.detail.states[1]", '"INACTIVE"'),
        ("$.detail.größe", '"ü"'),
    ],
)
def test_input_path_selects_json(path: str, text: str) -> None:
    assert delivered({"InputPath": path}) == text


def test_an_input_path_that_finds_nothing_delivers_nothing() -> None:
    with pytest.raises(UndeliverableInput, match=r"target t1: nothing is delivered: InputPath \$\.detail\.gone: "):
        delivered({"InputPath": "$.detail.gone"})


TEMPLATES = {
    # a string: its quotes stay, values go in without theirs
    '"instance <id> is in <n>"': '"instance i-1 is in 7"',
    '"<states>"': '"[ACTIVE,INACTIVE]"',
    '"got <payload>."': '"got {acc:0a-7,sf:baz}."',
    '"<on> <none> <gone>!"': '"true null !"',
    '"<quote>"': '"say "hi""',
    '"one <id>"\n"two <n>"\n': '"one i-1"\n"two 7"\n',
    # JSON: values as JSON where a value stands, as text inside a string
    '{"id": <id>, "n": <n>}': '{"id": "i-1", "n": 7}',
    '{"s": <states>, "p": <payload>}': '{"s": ["ACTIVE","INACTIVE"], "p": {"acc":"0a-7","sf":"baz"}}',
    '{"command": <gone>, "path": "users/<id>/<n>", "x": "<gone>"}': '{"command": "", "path": "users/i-1/7", "x": ""}',
    '{"a": "<id>", "<id>": <on>, "none": <none>}': '{"a": "i-1", "i-1": true, "none": null}',
    "<id>": '"i-1"',
    "[<id>, <n>]": '["i-1", 7]',
    "<states>": '["ACTIVE","INACTIVE"]',
    "<type>": '"Task"',
    "7": "7",
    r'{"a\"<id>": <id>}': r'{"a\"i-1": "i-1"}',
    '{"a": "1 < 2 <id>"}': '{"a": "1 < 2 i-1"}',
    # predefined
    '"<aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time>"': (
        f'"{RULE_ARN} started {INGESTED}"'
    ),
    '{"r": <aws.events.rule-name>}': '{"r": "started"}',
    "<aws.events.event.json>": encode(EVENT),
    '{"e": <aws.events.event>}': (
        '{"e": {"version":"0","id":"e-1","detailType":"Task","source":"app","account":"123456789012",'
        '"time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":["r1"]}}'
    ),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates(template: str) -> None:
    assert transformed(template) == TEMPLATES[template]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("instance <id>", "the filled template is not JSON"),
        ('{"a": "x <payload>"}', "<payload> is an object inside a string of a JSON template"),
        ('{"a": "<states>"}', "<states> is a list inside a string of a JSON template"),
        ('{"a": "<quote>"}', "the filled template is not JSON"),
        ('"whole: <aws.events.event>"', "<aws.events.event> is inside a string"),
        ('{"a": "<aws.events.event>"}', "<aws.events.event> is an object"),
        ('"one <id>"\n<n>', "the filled template is not JSON"),
        ("", "the filled template is not JSON"),
    ],
)
def test_templates_that_deliver_nothing(template: str, reason: str) -> None:
    with pytest.raises(UndeliverableInput) as caught:
        transformed(template)
    assert caught.value.target_id == "t1"
    assert caught.value.reason.startswith(reason)


INVALID: list[tuple[dict[str, Any], str]] = [
    (
        {"Input": "{}", "InputPath": "$"},
        "Only one of Input, InputPath, or InputTransformer must be provided for target t1.",
    ),
    (
        {"InputPath": "$", "InputTransformer": {"InputTemplate": "{}"}},
        "Only one of Input, InputPath, or InputTransformer must be provided for target t1.",
    ),
    (
        {"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": '"<a> <notdefinedkey>"'}},
        "InputTemplate for target t1 contains invalid placeholder notdefinedkey.",
    ),
    (
        {"InputTransformer": {"InputTemplate": "<aws.events.other>"}},
        "InputTemplate for target t1 contains invalid placeholder aws.events.other.",
    ),
    ({"Input": "no json"}, "JSON syntax error in input for target t1."),
    *(
        (target, "InputPath for target t1 is invalid.")
        for path in ("detail", "", " $.detail", "$.[", "$['detail']", '$.detail["id"]', "$.detail[ 'id']")
        for target in (
            {"InputPath": path},
            {"InputTransformer": {"InputPathsMap": {"a": path}, "InputTemplate": "<a>"}},
        )
    ),
    *(
        (
            {"InputTransformer": {"InputTemplate": template}},
            "InputTemplate for target t1 contains placeholder aws.events.event.json valid only for JSON template.",
        )
        for template in (
            '"whole: <aws.events.event.json>"',
            "[<aws.events.event.json>]",
            '"one"\n"<aws.events.event.json>"',
            "it was <aws.events.event.json>",
        )
    ),
    (
        {"InputTransformer": {"InputPathsMap": {"aws.events.rule-name": "$.a"}, "InputTemplate": "7"}},
        (
            "1 validation error detected: Value '{aws.events.rule-name=$.a}' at "
            "'targets.1.member.inputTransformer.inputPathsMap' failed to satisfy constraint: Map keys must satisfy "
            "constraint: [Member must have length less than or equal to 256, Member must have length greater than or "
            r"equal to 1, Member must satisfy regular expression pattern: [A-Za-z0-9\_\-]+]"
        ),
    ),
    (
        {"InputTransformer": {"InputPathsMap": {}}},
        (
            "1 validation error detected: Value null at 'targets.1.member.inputTransformer.inputTemplate' "
            "failed to satisfy constraint: Member must not be null"
        ),
    ),
]


@pytest.mark.parametrize(("target", "message"), INVALID)
def test_targets_that_put_targets_refuses(target: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidTarget) as caught:
        check_target({"Id": "t1", **target})
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)


def test_a_hundred_input_paths_and_no_more() -> None:
    paths = {f"k{number}": "$.id" for number in range(100)}
    check_target({"Id": "t1", "InputTransformer": {"InputPathsMap": paths, "InputTemplate": "<k0>"}})
    with pytest.raises(InvalidTarget, match="Member must have length less than or equal to 100"):
        check_target({"Id": "t1", "InputTransformer": {"InputPathsMap": {**paths, "x": "$"}, "InputTemplate": "7"}})


def test_an_unchecked_placeholder_is_named() -> None:
    with pytest.raises(UndeliverableInput, match="there is no placeholder <x>"):
        target_input(
            {"Id": "t1", "InputTransformer": {"InputTemplate": "<x>"}},
            EVENT,
            rule_arn=RULE_ARN,
            rule_name="started",
            ingestion_time=INGESTED,
        )


@given(template=st.text(st.sampled_from('<>"{}[]:,\\ \naid.1'), max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_template_is_delivered_or_refused(template: str) -> None:
    try:
        text = transformed(template)
    except (InvalidTarget, UndeliverableInput):
        return
    if '"' not in template:
        json.loads(text)
