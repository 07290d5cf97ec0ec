"""``emulate check`` and ``run`` on what people really give: templates, folders, YAML's readings, wrong encodings."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator import DefinitionError, Emulator
from emulator.cli import main
from emulator.definitions import folders

Emulate = Callable[..., Result]
FLOW: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
TEXT = json.dumps(FLOW)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def emulate(folder: Path) -> Emulate:
    return lambda *args, **more: CliRunner().invoke(main, args, prog_name="emulate", **more)


def write(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


# Files that are something else --------------------------------------------------------------------------------------

SAM = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
Resources:
  Order:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flows/order.asl.json
      DefinitionSubstitutions: {Table: !Ref Orders, Function: !GetAtt Charge.Arn}
      Name: !Sub "${AWS::StackName}-order"
  Inline:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
  Orders: {Type: AWS::DynamoDB::Table}
"""
CLOUDFORMATION = """
Resources:
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Sub |
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Resource": "${Charge.Arn}", "End": true}}}
  Stored:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionS3Location: {Bucket: !Ref Bucket, Key: flow.json}
"""
FLOW_RESOURCE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {"DefinitionString": {"Fn::Join": ["", ['{"StartAt":"A"', "}"]]}},
    "Metadata": {"aws:cdk:path": "Shop/Flow/Resource"},
}
CDK = {
    "Resources": {"Flow1": FLOW_RESOURCE},
    "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>"}},
}
MANIFEST = {
    "version": "36.0.0",
    "artifacts": {"Shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.template.json"}}},
}
SERVERLESS = """
service: shop
provider: {name: aws}
stepFunctions:
  stateMachines:
    order: {definition: "${file(flows/order.asl.yml)}"}
    refund:
      definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
"""
TERRAFORM = """
terraform {
  required_version = ">= 1.5"
}
resource "aws_sfn_state_machine" "order" {
  name       = "order"
  definition = templatefile("${path.module}/flows/order.asl.json", { function = aws_lambda_function.charge.arn })
}
resource "aws_sfn_state_machine" "refund" {
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", End = true } } })
}
"""
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [{"address": "aws_sfn_state_machine.order", "type": "aws_sfn_state_machine", "name": "order"}],
            "child_modules": [
                {"resources": [{"address": "module.a.aws_sfn_state_machine.b", "type": "aws_sfn_state_machine"}]}
            ],
        }
    },
}
DESCRIBED = {
    "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:order",
    "name": "order",
    "status": "ACTIVE",
    "definition": TEXT,
    "roleArn": "arn:aws:iam::123456789012:role/r",
    "creationDate": 1.7e9,
}
OTHER_FILES: dict[str, tuple[str, Any, str, str]] = {
    "sam": (
        "template.yaml",
        SAM,
        (
            "a SAM template, not a state machine's definition. State machines in it: Order (flows/order.asl.json), "
            "Inline (Definition, in this file)"
        ),
        "Give the file of the definition: flows/order.asl.json",
    ),
    "sam without machines": (
        "template.yml",
        "Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function}}\n",
        "a SAM template",
        "It has no state machine. Give the file that its DefinitionUri or DefinitionS3Location names.",
    ),
    "cloudformation": (
        "stack.yaml",
        CLOUDFORMATION,
        (
            "a CloudFormation template, not a state machine's definition. State machines in it: "
            "Flow (DefinitionString, in this file), Stored (its definition is an object in S3)"
        ),
        "Put the definition into a file of its own (DefinitionUri names it), and give that file.",
    ),
    "cloudformation in json": (
        "stack.json",
        {"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {}}}},
        "a CloudFormation template, not a state machine's definition. State machines in it: Flow",
        "Put the definition into a file of its own",
    ),
    "a template named as a definition": ("flow.asl.yaml", SAM, "a SAM template", "Give the file of the definition"),
    "a resource": (
        "resource.json",
        FLOW_RESOURCE,
        "a resource of a template (AWS::StepFunctions::StateMachine)",
        "Put the definition into a file of its own",
    ),
    "cdk": (
        "Shop.template.json",
        CDK,
        "a CloudFormation template of CDK, not a state machine's definition. State machines in it: Flow1",
        "Give the definition's own file, such as that of DefinitionBody.fromFile.",
    ),
    "cdk manifest": ("manifest.json", MANIFEST, "a manifest of CDK", "Its templates: Shop.template.json."),
    "cdk tree": ("tree.json", {"version": "tree-0.1", "tree": {"id": "App"}}, "the tree of a CDK app", "Give the file"),
    "cdk app": ("cdk.json", {"app": "python app.py", "context": {}}, "the configuration of a CDK app", "Give the file"),
    "serverless": (
        "serverless.yml",
        SERVERLESS,
        (
            "a configuration of the Serverless Framework, not a state machine's definition. State machines in it: "
            "order (flows/order.asl.yml), refund (definition, in this file)"
        ),
        "Give the file of the definition: flows/order.asl.yml",
    ),
    "terraform": (
        "main.tf",
        TERRAFORM,
        (
            "a configuration of Terraform, not a state machine's definition. State machines in it: "
            "aws_sfn_state_machine.order (flows/order.asl.json), aws_sfn_state_machine.refund"
        ),
        "Give the file of the definition: flows/order.asl.json",
    ),
    "terraform in json": (
        "main.tf.json",
        {"resource": {"aws_sfn_state_machine": {"order": {"definition": TEXT}}}},
        "a configuration of Terraform, not a state machine's definition. State machines in it: aws_sfn",
        "Put the definition into a file of its own (templatefile, file), and give that file.",
    ),
    "terraform plan": (
        "plan.json",
        PLAN,
        (
            "a plan of Terraform, not a state machine's definition. State machines in it: aws_sfn_state_machine.order "
            "(definition, in this file), module.a.aws_sfn_state_machine.b"
        ),
        "Put the definition into a file of its own (templatefile, file)",
    ),
    "described": (
        "order.json",
        DESCRIBED,
        "the output of DescribeStateMachine, not a state machine's definition. State machines in it: order",
        'Give the text of "definition" alone: jq -r .definition FILE > my.asl.json',
    ),
    "a request": (
        "create.json",
        {"name": "order", "definition": TEXT, "roleArn": "arn:aws:iam::123456789012:role/r"},
        "a request of CreateStateMachine or UpdateStateMachine",
        'Give the text of "definition" alone',
    ),
    "a wrapper": (
        "wrapped.json",
        {"definition": FLOW},
        'an object whose "definition" is a definition',
        'Give the value of "definition" alone: jq .definition FILE > my.asl.json',
    ),
    "a wrapper of text": (
        "wrapped.yaml",
        f"DefinitionString: '{TEXT}'\n",
        'an object whose "DefinitionString" is the text of a definition',
        'Give the text of "DefinitionString" alone',
    ),
    "a string": (
        "text.json",
        json.dumps(TEXT),
        "a JSON string that holds a definition",
        "Give the text in it: jq -r . FILE",
    ),
    "a history": (
        "history.json",
        {"events": [{"id": 1, "type": "ExecutionStarted", "timestamp": 1.7e9}]},
        "the output of GetExecutionHistory",
        "Give the file of the definition",
    ),
    "mocks": (
        "MockConfigFile.json",
        {"StateMachines": {"order": {"TestCases": {}}}, "MockedResponses": {}},
        "a file of mocks of Step Functions Local",
        "Give the file of the definition",
    ),
    "source code": ("app.py", "from aws_cdk import App\napp = App()\n", "source code in Python", "CDK: give the file"),
}


@pytest.mark.parametrize("case", OTHER_FILES)
def test_a_file_that_is_something_else_is_named_as_what_it_is(emulate: Emulate, folder: Path, case: str) -> None:
    name, content, what, way_out = OTHER_FILES[case]
    write(folder, name, content)
    served = emulate("serve", "--port", "0", "--state-machine", name)
    first, place, hint = served.stderr.splitlines()[:3]
    assert first.startswith(f"{name}:1:1: NOT_A_DEFINITION This is {what}")
    assert (place, served.exit_code) == ("    at /", 2)
    assert hint.startswith(f"    {way_out}")
    if not {"template", "Serverless", "CDK", "plan"} & set(what.replace(",", "").split()):  # those are checked and run
        checked, ran = emulate("check", name), emulate("run", name)
        assert (checked.exit_code, checked.stdout.splitlines()) == (1, [first, place, hint])
        assert ran.exit_code == 2
        if case in ("terraform", "source code"):  # it tells how to name the application
            assert ran.stderr.splitlines()[1].startswith("    fix: name ")
        else:
            assert ran.stderr.splitlines()[:3] == [first, place, hint]
    with Emulator(root=folder) as emulator, pytest.raises(DefinitionError, match="NOT_A_DEFINITION This is "):
        emulator.state_machine(name)


@pytest.mark.parametrize("case", ["cdk", "described", "a wrapper", "terraform plan", "cloudformation in json"])
def test_a_value_that_is_something_else_is_named_as_what_it_is(folder: Path, case: str) -> None:
    _, content, what, _ = OTHER_FILES[case]
    with Emulator() as emulator:
        for given in (content, json.dumps(content)):
            with pytest.raises(DefinitionError) as caught:
                emulator.run(given)
            assert f"NOT_A_DEFINITION This is {what}" in str(caught.value)


@pytest.mark.parametrize(
    "definition",
    [
        {**FLOW, "Comment": "Resources, definition, artifacts"},
        {**FLOW, "definition": TEXT, "Resources": {}},
        {"StartAt": "A", "States": {"Resources": {"Type": "Pass", "End": True}}},
    ],
)
def test_a_wrong_definition_is_still_a_definition(emulate: Emulate, folder: Path, definition: Any) -> None:
    assert "NOT_A_DEFINITION" not in emulate("check", write(folder, "flow.json", definition)).stdout


def test_a_template_of_many_machines_lists_ten(emulate: Emulate, folder: Path) -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{}"}}
    write(folder, "t.json", {"Resources": {f"M{n}": machine for n in range(25)}})
    served = emulate("serve", "--port", "0", "--state-machine", "t.json")
    assert "M9 (DefinitionString, in this file) and 15 more\n" in served.stderr


@pytest.mark.parametrize("written", ["!GetAtt Charge.Arn", "!GetAtt [Charge, Arn]"])
def test_a_definition_with_tags_of_cloudformation_says_what_they_are(
    emulate: Emulate, folder: Path, written: str
) -> None:
    text = f"StartAt: A\nStates:\n  A:\n    Type: Task\n    Resource: {written}\n    End: true\n"
    assert emulate("check", write(folder, "flow.yaml", text)).stdout == (
        "flow.yaml:5:15: INVALID_JSON_DESCRIPTION The definition is not YAML: "
        "the tag !GetAtt has no meaning in a definition\n"
        f"        Resource: {written}\n"
        "                  ^\n"
        "    CloudFormation reads tags in its templates only; write ${Name}, and give the name a value.\n"
    )


# Substitutions ------------------------------------------------------------------------------------------------------


def test_a_name_without_a_value_is_a_warning_unless_it_is_asked_for(emulate: Emulate, folder: Path) -> None:
    state = {"Type": "Task", "Resource": "${Function}", "TimeoutSeconds": 5, "End": True}
    write(folder, "flow.asl.json", {"StartAt": "A", "States": {"A": state}})
    result = emulate("check", "flow.asl.json")
    assert (result.exit_code, result.stderr) == (0, "1 file, 1 warning\n")
    assert ": warning: UNRESOLVED_SUBSTITUTION ${Function} has no value" in result.stdout
    assert emulate("check", "flow.asl.json", "--severity", "ERROR").stderr == "1 file, no problems\n"
    assert emulate("check", "flow.asl.json", "--strict").exit_code == 1
    asked = emulate("check", "flow.asl.json", "--unresolved", "error")
    assert (asked.exit_code, asked.stderr) == (1, "1 file, 1 error\n")
    assert emulate("run", "flow.asl.json").exit_code == 2


def test_a_name_in_place_of_a_number_does_not_hide_the_other_problems(emulate: Emulate, folder: Path) -> None:
    text = (
        '{"StartAt": "A",\n "States": {"A": {"Type": "Wait", "Seconds": ${Pause}, "Nxt": "A", "Comment": "${Pause}"}}}'
    )
    result = emulate("check", write(folder, "flow.asl.json", text))
    codes = [
        line.replace("warning: ", "").split(" ")[1] for line in result.stdout.splitlines() if line.startswith("flow")
    ]
    assert codes[2:] == ["UNRESOLVED_SUBSTITUTION", "SCHEMA_VALIDATION_FAILED"]
    assert "flow.asl.json:2:46: warning: UNRESOLVED_SUBSTITUTION ${Pause} has no value (in 2 places)" in result.stdout
    assert "flow.asl.json:2:56: SCHEMA_VALIDATION_FAILED Field 'Nxt' is not supported\n" in result.stdout
    ran = emulate("run", "flow.asl.json")
    assert (ran.exit_code, "UNRESOLVED_SUBSTITUTION ${Pause}" in ran.stderr) == (2, True)
    assert emulate("check", "flow.asl.json", "--set", "Pause=5").stdout.count("SCHEMA_VALIDATION_FAILED") == 2


def test_a_name_in_place_of_a_result_is_never_a_text(emulate: Emulate, folder: Path) -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": ${Value}, "End": true}}}'
    write(folder, "flow.asl.json", text)
    assert emulate("check", "flow.asl.json").stderr == "1 file, 1 warning\n"
    assert emulate("run", "flow.asl.json").exit_code == 2
    assert emulate("run", "flow.asl.json", "-q", "--set", "Value=7").stdout == "7\n"


# Folders ------------------------------------------------------------------------------------------------------------


def test_a_folder_means_every_definition_in_it_by_content(emulate: Emulate, folder: Path) -> None:
    bad = {"StartAt": "B", "States": {"A": {"Type": "Pass", "End": True}}}
    write(folder, "flows/order.json", bad)
    write(folder, "flows/deep/refund.yaml", "StartAt: B\nStates: {A: {Type: Pass, End: true}}\n")
    write(folder, "flows/named.asl.json", "{}")
    write(folder, "flows/broken.json", '{"StartAt": "A", "States": {]')
    write(folder, "flows/package.json", {"name": "shop", "scripts": {}})
    write(folder, "flows/template.yaml", SAM)
    write(folder, "flows/list.json", [FLOW])
    write(folder, "flows/notes.txt", TEXT)
    write(folder, "flows/wrapped.json", {"definition": FLOW})
    write(folder, "flows/values.yaml", "StartAt: Monday\nOther: 1\n")
    result = emulate("check", "flows")
    named = {line.split(":")[0] for line in result.stdout.splitlines() if line.startswith("flows")}
    assert named == {"flows/order.json", "flows/deep/refund.yaml", "flows/named.asl.json", "flows/broken.json"}
    assert "Parameters: [Stage] must have values" in result.stderr
    assert result.exit_code == 2
    assert "5 files, 8 errors\n" in result.stderr


@pytest.mark.parametrize("name", ["node_modules/a", ".git", ".venv/lib", "cdk.out", "env", ".aws-sam/build", "build"])
def test_folders_of_tools_are_left_out_and_said(emulate: Emulate, folder: Path, name: str) -> None:
    write(folder, "flow.json", FLOW)
    write(folder, f"{name}/other.json", {**FLOW, "StartAt": "B"})
    if name == "env":
        write(folder, "env/pyvenv.cfg", "home = /usr/bin\n")
    top = name.partition("/")[0]
    result = emulate("check", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"1 file, no problems\nleft out: {top}; name a folder to check it\n"
    assert emulate("check", name).exit_code == 1


def test_many_folders_that_are_left_out_are_counted(emulate: Emulate, folder: Path) -> None:
    write(folder, "flow.json", FLOW)
    for number in range(9):
        write(folder, f"p{number}/node_modules/x.json", FLOW)
    text = "left out: p0/node_modules, p1/node_modules, p2/node_modules, 6 more; name a folder to check it\n"
    assert emulate("check", ".").stderr == f"1 file, no problems\n{text}"


def test_a_folder_without_definitions_says_what_it_has(emulate: Emulate, folder: Path) -> None:
    write(folder, "app/template.yaml", "Transform: AWS::Serverless-2016-10-31\nResources: {}\n")
    write(folder, "app/package.json", {"name": "shop"})
    write(folder, "app/cdk.out/flow.json", FLOW)
    result = emulate("check", "app")
    assert (result.exit_code, result.stdout) == (2, "")
    first, template, left_out = result.stderr.splitlines()
    assert first.startswith("error: check: no definitions in the folder app: no JSON or YAML file with StartAt and")
    assert template.startswith("    app/template.yaml:1:1: NOT_A_DEFINITION This is a SAM template")
    assert left_out == "    left out: app/cdk.out; name a folder to check it"


def test_a_file_that_cannot_be_read_is_said_and_the_others_are_checked(emulate: Emulate, folder: Path) -> None:
    write(folder, "flow.json", FLOW)
    write(folder, "latin.json", '{"StartAt": "Café", "States": {}}'.encode("latin-1"))
    write(folder, "latin.asl.json", '{"Comment": "é"}'.encode("latin-1"))
    result = emulate("check", ".")
    assert result.exit_code == 2
    assert result.stderr == (
        "1 file, no problems\n"
        "error: latin.json is not UTF-8 text: the byte 0xe9 at line 1, column 17\n"
        "error: latin.asl.json is not UTF-8 text: the byte 0xe9 at line 1, column 14\n    fix: save it as UTF-8\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_said(emulate: Emulate, folder: Path) -> None:  # pragma: no cover - not as root
    write(folder, "flow.json", FLOW)
    (folder / write(folder, "closed.json", FLOW)).chmod(0)
    assert "closed.json cannot be read: Permission denied" in emulate("check", ".").stderr


def test_a_folder_of_too_many_files_is_said(emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_MOST_FILES", 3)
    for number in range(5):
        write(folder, f"{number}.json", FLOW)
    result = emulate("check", ".")
    assert (result.exit_code, "has more than 3 files; name a folder inside it" in result.stderr) == (2, True)


# YAML ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "reading"),
    [
        ("On", "true"),
        ("Yes", "true"),
        ("NO", "false"),
        ("off", "false"),
        ("012", "10"),
        ("12:30", "750"),
        ("1_0", "10"),
    ],
)
def test_a_name_that_yaml_reads_as_something_else_says_quote_it(
    emulate: Emulate, folder: Path, word: str, reading: str
) -> None:
    text = f"StartAt: {word}\nStates:\n  {word}:\n    Type: Pass\n    Next: B\n  B:\n    Type: Pass\n    Next: {word}\n"
    result = emulate("check", write(folder, "flow.yaml", text))
    assert f'    YAML reads {word} as {reading}: quote it: "{word}"' in result.stdout
    assert [line.split(":")[1] for line in result.stdout.splitlines() if "type String" in line] == ["1", "8"]
    write(folder, "flow.yaml", text.replace(f": {word}\n", f": '{word}'\n"))
    assert "YAML reads" not in emulate("check", "flow.yaml").stdout
    ran = emulate("run", write(folder, "flow.yaml", text))
    assert (ran.exit_code, "quote it" in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("Comment: ~", 'YAML reads ~ as null: quote it: "~"'),
        ("Comment:", 'YAML reads nothing as null: quote it: ""'),
        ("Comment: 5", '5 is not text in YAML: quote it: "5"'),
        ("Comment: 1.50", 'YAML reads 1.50 as 1.5: quote it: "1.50"'),
        ("Seconds: 1e3", "YAML reads 1e3 as text: write 1000"),
        ("Seconds: yes", None),
        ('Seconds: "5"', None),
    ],
)
def test_a_value_that_yaml_reads_as_something_else(emulate: Emulate, folder: Path, line: str, hint: str | None) -> None:
    seconds = "" if line.startswith("Seconds") else "    Seconds: 3\n"
    text = f"StartAt: A\nStates:\n  A:\n    Type: Wait\n{seconds}    {line}\n    End: true\n"
    result = emulate("check", write(folder, "flow.yaml", text))
    assert [each.strip() for each in result.stdout.splitlines() if "YAML" in each] == ([] if hint is None else [hint])
    assert result.exit_code == 1


def test_a_reading_that_surprises_is_a_warning(emulate: Emulate, folder: Path) -> None:
    text = (
        "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result: {a: off, b: 017, c: true, d: 5, e: 2030-01-01, f: ~}\n"
        "    End: yes\n"
    )
    result = emulate("check", write(folder, "flow.yaml", text))
    assert (result.exit_code, result.stderr) == (0, "1 file, 2 warnings\n")
    assert [line for line in result.stdout.splitlines() if line.startswith("flow")] == [
        "flow.yaml:5:14: warning: yaml-value YAML reads off as false",
        "flow.yaml:5:22: warning: yaml-value YAML reads 017 as 15",
    ]
    assert '    Quote it if it is text: "017". Else write 15.\n' in result.stdout


# Encodings and syntax -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["flow.json", "flow.yaml", "flow.asl.json"])
def test_a_byte_order_mark_says_the_encoding(emulate: Emulate, folder: Path, encoding: str, name: str) -> None:
    text = json.dumps({**FLOW, "Comment": "Café"}, ensure_ascii=False)
    write(folder, name, text.encode(encoding))
    assert emulate("check", name).stderr == "1 file, no problems\n"
    assert emulate("check", ".").stderr == "1 file, no problems\n"
    assert emulate("run", name, "-q").stdout == "{}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"StartAt": "Caf\xe9"}', "is not UTF-8 text: the byte 0xe9 at line 1, column 17\n    fix: save it as UTF-8"),
        (b"\xff\xfe{", "is not UTF-16 text"),
        (TEXT.encode("utf-16-le"), "it has NUL characters, as UTF-16 without a byte order mark"),
    ],
)
def test_another_encoding_is_refused_in_files_and_in_standard_input(
    emulate: Emulate, folder: Path, content: bytes, said: str
) -> None:
    write(folder, "bad.json", content)
    write(folder, "good.json", FLOW)
    for args in (("check", "bad.json"), ("run", "bad.json"), ("run", "good.json", "--input", "@bad.json")):
        result = emulate(*args)
        assert result.exit_code == 2, args
        assert "error: " in result.stderr
        assert said in result.stderr
    result = emulate("run", "good.json", "--input", "-", input=content)
    assert (result.exit_code, f"error: standard input {said}" in result.stderr or said in result.stderr) == (2, True)


def test_standard_input_may_have_a_mark(emulate: Emulate, folder: Path) -> None:
    write(folder, "flow.json", FLOW)
    for encoding in ("utf-8-sig", "utf-16"):
        assert (
            emulate("run", "flow.json", "-q", "--input", "-", input='{"é": 1}'.encode(encoding)).stdout == '{"é": 1}\n'
        )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.json",
            '{"StartAt": "A",\n "States" {}}',
            (
                "a.json:2:11: INVALID_JSON_DESCRIPTION Unexpected character ('{' (code 123)): was expecting a colon to "
                'separate field name and value\n     "States" {}}\n              ^\n'
            ),
        ),
        (
            "a.json",
            f"{TEXT}\n{TEXT}",
            (
                "a.json:2:1: INVALID_JSON_DESCRIPTION The definition is not JSON: text follows its end\n"
                f"    {TEXT[:30]}\n    ^\n    Keep one definition in a file.\n"
            ),
        ),
        (
            "a.yaml",
            "StartAt: A\nStates: {}\n---\nStartAt: B\n",
            (
                "a.yaml:3:1: INVALID_JSON_DESCRIPTION The definition is not YAML: it has several documents, "
                "another one begins here\n    ---\n    ^\n    Keep one definition in a file.\n"
            ),
        ),
        (
            "a.json",
            "StartAt: A\nStates: {}\n",
            (
                "a.json:1:1: INVALID_JSON_DESCRIPTION The definition is not JSON but YAML\n    StartAt: A\n    ^\n"
                "    YAML is read from files that end in .yaml or .yml: rename it.\n"
            ),
        ),
        ("a.json", "", "a.json:1:1: INVALID_JSON_DESCRIPTION The file is empty\n    at /\n    Put a JSON object with"),
        ("a.yaml", "StartAt: [A\n", "a.yaml:2:1: INVALID_JSON_DESCRIPTION The definition is not YAML: "),
        (
            "a.yaml",
            "StartAt: A\nStartAt: A\nStates: {A: {Type: Pass, End: true}}\n",
            "a.yaml:2:1: warning: duplicate-key",
        ),
    ],
)
def test_what_is_not_json_or_yaml_is_shown_with_its_place(
    emulate: Emulate, folder: Path, name: str, text: str, said: str
) -> None:
    result = emulate("check", write(folder, name, text))
    assert result.stdout.startswith(said)
    if "duplicate" not in said:
        ran = emulate("run", name)
        assert (ran.exit_code, ran.stderr.startswith(said)) == (2, True)


def test_the_mark_is_below_the_place_also_in_a_long_line(emulate: Emulate, folder: Path) -> None:
    text = '{"Comment": "' + "x" * 500 + '",\t"StartAt" 5, "States": {}}' + " " * 500
    _, line, mark, *_ = emulate("check", write(folder, "a.json", text)).stdout.splitlines()
    assert len(line) < 100
    assert line[mark.index("^")] == "5"


# Two of one name ----------------------------------------------------------------------------------------------------


def test_two_machines_of_one_name_are_refused(emulate: Emulate, folder: Path) -> None:
    for name in ("a.one.json", "a.two.json", "x/a.yaml"):
        write(folder, name, FLOW)
    for other in ("a.two.json", "x/a.yaml", "a.one.json", "a=a.two.json"):
        result = emulate("serve", "--port", "0", "--state-machine", "a.one.json", "--state-machine", other)
        file = other.removeprefix("a=")
        assert (result.exit_code, result.stderr) == (
            2,
            (
                f"error: --state-machine: a.one.json and {file} are both the state machine 'a'\n"
                f"    fix: give one of them another name: --state-machine NAME={file}\n"
            ),
        )
    missing = emulate("serve", "--port", "0", "--state-machine", "b=a.tow.json")
    assert (missing.exit_code, 'Did you mean "a.two.json"?' in missing.stderr) == (2, True)
    bad = emulate("serve", "--port", "0", "--state-machine", "b c=a.two.json")
    assert (bad.exit_code, "'b c' is not a valid name" in bad.stderr) == (2, True)


def test_a_machine_has_the_name_that_is_given(emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emulator.server import listening

    names: list[list[str]] = []

    def serve(gateway: Any, *_: Any) -> None:
        with gateway.make() as emulator:
            made = emulator.assembly.service.store.machines.list()
            names.append([machine.name + "!" * (machine.type == "EXPRESS") for machine in made])

    monkeypatch.setattr(listening, "serve", serve)
    monkeypatch.setattr(
        "emulator.server.gateway.Gateway", lambda make, **_: type("Made", (), {"make": staticmethod(make)})
    )
    for name in ("a.one.json", "a.two.json", "odd=name.json"):
        write(folder, name, FLOW)
    machines = ("--state-machine", "a.one.json", "--state-machine", "b=a.two.json", "--state-machine", "odd=name.json")
    express = ("--express-state-machine", "fast=a.two.json")
    assert emulate("serve", "--port", "0", *machines, *express).exit_code == 0
    assert names == [["a", "b", "odd=name", "fast!"]]


def test_a_call_that_nothing_follows_is_accepted_by_name(
    emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emulator.server import listening

    alarm = {
        "AlarmName": "a",
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": ["arn:aws:lambda:us-east-1:123456789012:function:f"],
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricAlarm", "Parameters": alarm}
    write(folder, "flow.json", {"StartAt": "A", "States": {"A": {**task, "End": True}}})
    assert "cloudwatch:PutMetricAlarm is not emulated" in emulate("run", "flow.json").stderr
    accepted = ("--accept-call", "cloudwatch:PutMetricAlarm")
    assert emulate("run", "flow.json", *accepted).exit_code == 0
    wrong = emulate("run", "flow.json", "--accept-call", "cloudwatch:PutMetricAlarms")
    assert (wrong.exit_code, "Did you mean 'cloudwatch:PutMetricAlarm'?" in wrong.stderr) == (2, True)

    def serve(gateway: Any, *_: Any) -> None:
        with gateway.make() as emulator:
            emulator.client("cloudwatch").put_metric_alarm(**alarm)

    monkeypatch.setattr(listening, "serve", serve)
    monkeypatch.setattr(
        "emulator.server.gateway.Gateway", lambda make, **_: type("Made", (), {"make": staticmethod(make)})
    )
    assert emulate("serve", "--port", "0", *accepted).exit_code == 0


def test_a_missing_function_can_fail_its_task_as_on_aws(
    emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emulator.server import listening

    catch = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "B"}]
    call = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:nobody", "Catch": catch}
    flow = {"StartAt": "A", "States": {"A": {**call, "End": True}, "B": {"Type": "Succeed"}}}
    write(folder, "flow.json", flow)
    refused = emulate("run", "flow.json").stderr
    assert "no handler for" in refused
    assert "or --missing-function fail: the task then fails as on AWS" in refused
    ended = emulate("run", "flow.json", "--missing-function", "fail", "--quiet")
    assert (ended.exit_code, json.loads(ended.stdout)["Error"]) == (0, "Lambda.ResourceNotFoundException")
    assert emulate("run", "--missing-function", "fail").exit_code == 2
    statuses: list[str] = []

    def serve(gateway: Any, *_: Any) -> None:
        with gateway.make() as emulator:
            sfn = emulator.client("stepfunctions")
            (machine,) = sfn.list_state_machines()["stateMachines"]
            arn = sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
            statuses.append(sfn.describe_execution(executionArn=arn)["status"])

    monkeypatch.setattr(listening, "serve", serve)
    monkeypatch.setattr(
        "emulator.server.gateway.Gateway", lambda make, **_: type("Made", (), {"make": staticmethod(make)})
    )
    args = ("serve", "--port", "0", "--state-machine", "flow.json")
    assert emulate(*args).exit_code == 2
    assert (emulate(*args, "--missing-function", "fail").exit_code, statuses) == (0, ["SUCCEEDED"])


def test_two_functions_of_one_name_are_refused(emulate: Emulate, folder: Path) -> None:
    write(folder, "flow.json", FLOW)
    write(folder, "first_part.py", "def handler(event, context):\n    return 1\n")
    write(folder, "second_part.py", "from first_part import handler\n\ndef other(event, context):\n    return 2\n")
    write(folder, "third_part.py", "def handler(event, context):\n    return 3\n")
    assert emulate("run", "flow.json", "--handlers", "first_part", "--handlers", "second_part").exit_code == 0
    for spec in ("third_part", "third_part.py:handler", "handler=third_part:handler"):
        for command in (("run", "flow.json"), ("serve", "--port", "0")):
            result = emulate(*command, "--handlers", "first_part", "--handlers", spec)
            assert (result.exit_code, result.stderr) == (
                2,
                (
                    f"error: --handlers: the function 'handler' is in first_part and in {spec}\n"
                    "    fix: give each of them a name of its own: NAME=MODULE:FUNCTION\n"
                ),
            )
    named = ("--handlers", "one=first_part:handler", "--handlers", "two=third_part:handler")
    assert emulate("run", "flow.json", *named).exit_code == 0


def test_two_values_of_one_setting_are_refused(emulate: Emulate, folder: Path) -> None:
    write(folder, "flow.json", json.dumps(FLOW).replace('"Pass"', '"${Kind}"'))
    result = emulate("check", "flow.json", "--set", "Kind=Pass", "--set", "Kind=Wait")
    assert (result.exit_code, result.stderr) == (2, "error: --set Kind is given twice: 'Pass' and 'Wait'\n")
    assert emulate("check", "flow.json", "--set", "Kind=Pass", "--set", "Kind=Pass").exit_code == 0
    for args in (("dynamodb=moto", "dynamodb=http://localhost:1"), ("http://localhost:1", "moto")):
        result = emulate("run", "flow.json", "--set", "Kind=Pass", "--backend", args[0], "--backend", args[1])
        assert (result.exit_code, " two backends, " in result.stderr) == (2, True)
