"""``emulate run``, ``deploy`` and ``check`` of a template."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator import Emulator
from emulator.cli import main

Emulate = Callable[..., Result]
SHOP = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): return {'id': event['id'], 'paid': True}"
      MemorySize: 512
      Tracing: Active
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub "orders-${Stage}"
      DefinitionUri: flows/orders.asl.json
      DefinitionSubstitutions: {Charge: !GetAtt Charge.Arn}
  Net: {Type: AWS::EC2::VPC}
Outputs: {Machine: {Value: !Ref Orders}}
"""
SAM = "Transform: AWS::Serverless-2016-10-31\n"
FLOW = '{\n "StartAt": "C",\n "States": {"C": {"Type": "Task", "Resource": "${Charge}", "End": true}}\n}\n'
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:orders"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "orders.asl.json").write_text(FLOW, encoding="utf-8")
    (tmp_path / "template.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def emulate(folder: Path) -> Emulate:
    return lambda *args: CliRunner().invoke(main, args, prog_name="emulate")


def test_run_needs_the_template_the_machine_and_the_input(emulate: Emulate) -> None:
    ran = emulate("run", "template.yaml", "Orders", '{"id": 7}')
    assert ran.exit_code == 0
    assert ran.stdout.startswith("orders-dev:")
    assert json.loads(ran.stdout[ran.stdout.index("\n{") :]) == {"id": 7, "paid": True}
    alone = emulate("run", "template.yaml", '{"id": 8}', "--parameter", "Stage=prod", "-q")
    assert json.loads(alone.stdout) == {"id": 8, "paid": True}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("template.yaml", "Order"), "has no state machine 'Order'\n    fix: Did you mean \"Orders\"?"),
        (("template.yaml", "Orders", "{"), "INPUT is not JSON: line 1, column 2"),
        (("template.yaml", "Orders", "{}", "--input", "{}"), "the input is given twice"),
        (("flows/orders.asl.json", "Orders"), "flows/orders.asl.json is not a template"),
        (("template.yaml", "--set", "A=b"), "a template says them"),
        (("template.yaml", "--parameter", "Stag=x"), "no parameter 'Stag'\n    fix: Did you mean \"Stage\"?"),
        (("templat.yaml", "Orders"), 'Did you mean "template.yaml"?'),
    ],
)
def test_what_run_cannot_do_is_exit_code_2(emulate: Emulate, args: tuple[str, ...], told: str) -> None:
    ran = emulate("run", *args)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert told in ran.stderr


def test_a_handler_of_the_command_takes_the_place_of_the_templates(emulate: Emulate, folder: Path) -> None:
    (folder / "fakes.py").write_text("def charge(event, context): return 'fake'\n", encoding="utf-8")
    ran = emulate("run", "template.yaml", "Orders", "{}", "--handlers", "Charge=fakes.py:charge", "-q")
    assert (ran.exit_code, ran.stdout) == (0, '"fake"\n')


def test_deploy_lists_what_the_template_makes(emulate: Emulate) -> None:
    listed = emulate("deploy", "template.yaml", "--list")
    assert listed.exit_code == 0
    lines = [line.split() for line in listed.stdout.splitlines() if line]
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:orders-dev"
    assert ["Orders", "AWS::Serverless::StateMachine", arn] in lines
    assert ["Machine", arn] in lines
    assert ["AWS::EC2::VPC:", "Net"] in lines
    assert ["Charge:", "MemorySize,", "Tracing"] in lines
    document = json.loads(emulate("deploy", "template.yaml", "--json").stdout)
    assert document["outputs"] == {"Machine": arn}
    assert document["not_emulated"] == {"AWS::EC2::VPC": ["Net"]}


def test_deploy_lists_a_resource_with_a_missing_part_as_made(emulate: Emulate, folder: Path) -> None:
    target = "arn:aws:batch:us-east-1:123456789012:job-queue/jobs"
    jobs = {"Id": "jobs", "Arn": target, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    targets = [{**jobs, "BatchParameters": {"JobDefinition": "d", "JobName": "n"}}, {"Id": "queue", "Arn": QUEUE_ARN}]
    rule = {"EventPattern": {"source": ["shop"]}, "Targets": targets}
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}},
        "Rule": {"Type": "AWS::Events::Rule", "DependsOn": "Queue", "Properties": rule},
        "News": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": "a@example.com"}]},
        },
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"TopicArn": {"Ref": "News"}, "Protocol": "email", "Endpoint": "b@example.com"},
        },
        "Net": {"Type": "AWS::EC2::VPC"},
    }
    (folder / "template.yaml").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    listed = emulate("deploy", "template.yaml", "--list", "--stack-name", "shop")
    made, _, missing = listed.stdout.partition("not emulated")
    assert made.splitlines()[0] == "shop: 3 resources"
    assert [line.split()[0] for line in made.splitlines()[1:] if line] == ["Queue", "Rule", "News"]
    assert "Rule" in missing
    assert "AWS::SNS::Subscription (email): News, Mail" in missing
    document = json.loads(emulate("deploy", "template.yaml", "--json").stdout)
    assert document["made_in_part"] == ["News", "Rule"]


def test_the_command_line_names_the_stack_and_gives_imports(emulate: Emulate, folder: Path) -> None:
    text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-${P}'}}}\n"
    text += "Parameters: {P: {Type: String}}\nOutputs: {Found: {Value: !ImportValue shared}}\n"
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    refused = emulate("deploy", "template.yaml", "--parameter", "P=jobs")
    assert refused.exit_code == 2
    assert "on the command line --import shared=..." in refused.stderr
    arguments = ("--parameter", "P=jobs", "--import", "shared=vpc-1", "--stack-name", "shop", "--json")
    made = json.loads(emulate("deploy", "template.yaml", *arguments).stdout)
    assert (made["stack"], made["outputs"]) == ("shop", {"Found": "vpc-1"})
    assert made["resources"][0]["arn"].endswith(":shop-jobs")


def test_check_looks_at_every_machine_in_the_file_that_holds_it(emulate: Emulate, folder: Path) -> None:
    assert emulate("check", "template.yaml").stderr == "1 file, no problems\n"
    (folder / "flows" / "orders.asl.json").write_text(FLOW.replace("End", "Ende"), encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 1
    assert "flows/orders.asl.json:3:60: SCHEMA_VALIDATION_FAILED" in checked.stdout
    assert emulate("check", ".").stdout == checked.stdout


def test_check_looks_into_nested_templates(emulate: Emulate, folder: Path) -> None:
    text = SHOP.replace("{Type: String, Default: dev}", "{Type: String}").replace("flows/", "../flows/")
    (folder / "inner").mkdir()
    (folder / "inner" / "template.yaml").write_text(text, encoding="utf-8")
    (folder / "flows" / "orders.asl.json").write_text(FLOW.replace("End", "Ende"), encoding="utf-8")
    outer = "Resources: {Inner: {Type: AWS::Serverless::Application, Properties: {Location: inner/template.yaml}}}\n"
    (folder / "template.yaml").write_text(f"{outer}{SAM}", encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 2
    assert "orders.asl.json:3:60: SCHEMA_VALIDATION_FAILED" in checked.stdout
    assert "inner/template.yaml:3:14: Parameters: [Stage] must have values" in checked.stderr


def test_serve_deploys_templates_in_each_emulator(
    emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emulator.server import listening

    served: list[list[str]] = []

    def serve(gateway: Any, *_: Any) -> None:
        served_emulator = gateway.served
        served_emulator.open()
        found = served_emulator.emulator.client("stepfunctions").list_state_machines()["stateMachines"]
        served.append([each["name"] for each in found])
        served_emulator.close()

    monkeypatch.setattr(listening, "serve", serve)
    done = emulate("serve", "--port", "0", "--template", "template.yaml", "--parameter", "Stage=qa")
    assert (done.exit_code, served) == (0, [["orders-qa"]]), done.output
    wrong = emulate("serve", "--port", "0", "--template", "template.yaml", "--parameter", "Stag=qa")
    assert (wrong.exit_code, "Did you mean" in wrong.stderr) == (2, True)
    assert emulate("serve", "--parameter", "Stage=qa").exit_code == 2


INLINE: dict[str, tuple[str, str]] = {
    "value": (
        "Definition:\n        StartAt: A\n        States:\n          A:\n            Type: Pass\n            Nxt: B\n",
        "template.yaml:",
    ),
    "text": (
        'DefinitionString: |\n        {"StartAt": "A",\n         "States": {"A": {"Type": "Pass", "Nxt": "B"}}}\n',
        "template.yaml:6:",
    ),
    "sub": (
        (
            "DefinitionString: !Sub |\n"
            '        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${F.Arn}", "End": true},\n'
            '         "B": {"Type": "Pass", "Nxt": "B"}}}\n'
        ),
        "template.yaml:7:",
    ),
}


@pytest.mark.parametrize("case", INLINE)
def test_problems_have_their_places_in_the_template(emulate: Emulate, folder: Path, case: str) -> None:
    definition, place = INLINE[case]
    type_ = "AWS::Serverless::StateMachine" if case == "value" else "AWS::StepFunctions::StateMachine"
    text = f"Resources:\n  M:\n    Type: {type_}\n    Properties:\n      {definition}"
    text += f"  F: {{Type: AWS::Lambda::Function}}\n{SAM}"
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 1, checked.output
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "Nxt" in each)
    assert f"template.yaml:{line}:" in checked.stdout
    assert place in checked.stdout


BAD: dict[str, tuple[str, str]] = {
    "unknown tag": ("Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Reff x}}}", '"!Ref"'),
    "circle": (
        (
            "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.Arn}}\n"
            "  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.Arn}}\n"
        ),
        "Circular dependency between resources: [A, B]\n    fix: they need each other: A -> B -> A",
    ),
    "missing parameter": ("Parameters: {Stage: {Type: String}}\nResources: {}\n", "--parameter Stage="),
    "missing file": (
        "Resources:\n  M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: flows/order.asl.json}}\n"
        + SAM,
        'template.yaml:2:57: there is no file flows/order.asl.json\n    fix: Did you mean "flows/orders.asl.json"?',
    ),
    "wrong name in Sub": (
        (
            "Resources:\n  Charge: {Type: AWS::Lambda::Function}\n  M:\n    Type: AWS::StepFunctions::StateMachine\n"
            '    Properties:\n      DefinitionString: !Sub |\n        {"StartAt": "A",\n'
            '         "States": {"A": {"Type": "Task", "Resource": "${Charg.Arn}", "End": true}}}\n'
        ),
        "template.yaml:8:56: Template format error: Unresolved resource dependencies [Charg]",
    ),
    "two functions of one name": (
        (
            "Resources:\n  A: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}\n"
            "  B: {Type: AWS::Serverless::Function, Properties: {FunctionName: f}}\n" + SAM
        ),
        "template.yaml:3:40: B and A are both named 'f'",
    ),
    "a list": ("- Resources\n", "template.yaml:1:1: a template is an object, not a list"),
    "key twice": (
        "Resources:\n  A: {Type: AWS::SQS::Queue}\n  A: {Type: AWS::SNS::Topic}\n",
        "template.yaml:3:3: duplicate key 'A' with different values, in /Resources",
    ),
    "empty": ("\n", "template.yaml:1:1: the file is empty"),
    "a name that no resource has": (
        (
            "Resources:\n  Table: {Type: AWS::DynamoDB::Table}\n"
            "  R: {Type: AWS::IAM::Policy, Properties: {A: !Ref Tabel}}\n"
        ),
        'dependencies [Tabel] in the Resources block of the template\n    fix: Did you mean "Table"?',
    ),
    "section": (
        "Resources: {}\nOutpts: {}\n",
        'template.yaml:2:1: a template has no section Outpts\n    fix: Did you mean "Outputs"?',
    ),
    "part of a resource": (
        "Resources:\n  A: {Type: AWS::SQS::Queue, Propertis: {QueueName: a}}\n",
        'template.yaml:2:30: A: a resource has no part Propertis\n    fix: Did you mean "Properties"?',
    ),
    "section of resources": (
        f"{SAM}Resource:\n  A: {{Type: AWS::SQS::Queue}}\n",
        'template.yaml:2:1: it is no application: a template has Resources, an object\n    fix: Did you mean "Res',
    ),
    "condition": (
        "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Condition: Prod\n",
        "template.yaml:4:5: the template has no condition 'Prod'",
    ),
    "one of several needs": (
        "Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n  A:\n    Type: AWS::SQS::Queue\n    DependsOn: [Jobs, Jbs]\n",
        "template.yaml:5:23: Template format error: Unresolved resource dependencies [Jbs] in the Resources block",
    ),
    "short name": (
        "Resources:\n  Fn: {Type: AWS::SQS::Queue}\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Fm}}\n",
        'dependencies [Fm] in the Resources block of the template\n    fix: Did you mean "Fn"?',
    ),
    "file in a folder": (
        "Resources:\n  M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: flow/order.asl.json}}\n"
        + SAM,
        'template.yaml:2:57: there is no file flow/order.asl.json\n    fix: Did you mean "flows/orders.asl.json"?',
    ),
    "another stack's bus": (
        "Resources:\n  R: {Type: AWS::Events::Rule, Properties: {EventBusName: shop, EventPattern: {source: [a]}}}\n",
        (
            "R (AWS::Events::Rule): Event bus shop does not exist.\n    fix: if another stack has it, make it before "
            "with boto3, or leave R out: leave_out=['R']; on the command line --leave-out R"
        ),
    ),
    "several parameters": (
        "Parameters: {A: {Type: String}, B: {Type: String}}\nResources: {}\n",
        (
            "Parameters: [A, B] must have values\n    fix: parameters={'A': ..., 'B': ...}; on the command line "
            "--parameter A=... --parameter B=..."
        ),
    ),
    "not YAML": ("Resources: [\n", "template.yaml:2:1: "),
    "not JSON": ('{"Resources": }', "template.yaml:1:15: it is not JSON"),
    "no resources": ("Resorces: {}\n", 'a template has Resources, an object\n    fix: Did you mean "Resources"?'),
}


@pytest.mark.parametrize("command", ["check", "deploy", "run"])
@pytest.mark.parametrize("case", BAD)
def test_a_bad_template_is_exit_code_2_with_its_place(emulate: Emulate, folder: Path, case: str, command: str) -> None:
    text, told = BAD[case]
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    result: Any = emulate(command, "template.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "template.yaml" in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_check_tells_every_problem_that_a_deployment_refuses_with_its_place(emulate: Emulate, folder: Path) -> None:
    (folder / "template.yaml").write_text(WRONG, encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 2
    told = [line.removeprefix("error: ") for line in checked.stderr.splitlines() if line.startswith("error: ")]
    assert sorted(":".join(line.split(":")[:3]) for line in told) == sorted(
        f"template.yaml:{place}" for place in ("5:34", "9:41", "15:20", "22:16", "23:16", "26:18", "29:25", "29:39")
    )
    assert (
        "resource Orders (AWS::Serverless::SimpleTable) has no attribute Arnn\n    fix: Did you mean" in checked.stderr
    )
    assert "--import Shared=..." in checked.stderr
    assert "1 file, 8 errors" in checked.stderr
    documents = json.loads(emulate("check", "template.yaml", "--json").stdout)
    of_template = next(each["problems"] for each in documents if each["file"] == "template.yaml")
    assert {(each["line"], each["severity"]) for each in of_template} >= {(5, "ERROR"), (15, "ERROR")}
    again = emulate("check", "template.yaml", "--import", "Shared=x", "--leave-out", "Daily", "--leave-out", "Sum")
    assert "1 file, 6 errors" in again.stderr


WRONG = """
Resources:
  Daily:
    Type: AWS::Events::Rule
    Properties: {State: ENABLED, ScheduleExpression: cron(0 3 * * *)}
  Orders: {Type: AWS::Serverless::SimpleTable}
  Sum:
    Type: AWS::SNS::Topic
    Properties: {TopicName: sum, Tags: [!ImportValue Shared]}
  Keyed:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: other, KeyType: HASH}]
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flows/orders.asl.json
      DefinitionSubstitutions:
        Charge: "arn:aws:lambda:us-east-1:123456789012:function:charge"
        Table: !Sub "x-${Orders}-${Orders.Arnn}"
        Other: !Ref Missing
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: "No!"}
Outputs:
  Both:
    Value: !Join ["-", [!Ref Nothing, !Ref Neither]]
Transform: AWS::Serverless-2016-10-31
"""


@pytest.mark.parametrize("name", ["template.yaml", "."])
def test_check_says_how_a_parameter_without_a_value_is_given(emulate: Emulate, folder: Path, name: str) -> None:
    text = SHOP.replace("{Type: String, Default: dev}", "{Type: String}")
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", name)
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert "template.yaml:3:14: Parameters: [Stage] must have values\n    fix:" in checked.stderr
    assert "--parameter Stage=..." in checked.stderr
    assert emulate("check", name, "--parameter", "Stage=dev").exit_code == 0


def test_check_finds_what_a_reference_to_systems_manager_names(emulate: Emulate, folder: Path) -> None:
    text = SHOP.replace("MemorySize: 512", "Description: '{{resolve:ssm:/shop/about}}'")
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert (checked.exit_code, checked.stderr) == (0, "1 file, no problems\n")


def test_check_looks_at_values_that_nothing_reads_as_a_deployment_does(emulate: Emulate, folder: Path) -> None:
    text = SHOP.replace("MemorySize: 512", "Policies: [{SSMParameterReadPolicy: {ParameterName: !GetAtt Rows.Name}}]")
    text = text.replace("  Net:", "  Rows: {Type: AWS::Serverless::SimpleTable}\n  Net:")
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    assert emulate("deploy", "template.yaml").exit_code == 0
    assert emulate("check", "template.yaml").exit_code == 0


def test_check_tells_of_a_handler_that_is_not_there(emulate: Emulate, folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "index.py").write_text("def handle(event, context): return 1\n", encoding="utf-8")
    code = "InlineCode: \"def handler(event, context): return {'id': event['id'], 'paid': True}\""
    text = SHOP.replace(code, "CodeUri: src")
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 2
    assert "error: template.yaml:9:7: Charge: index.handler: module" in checked.stderr
    (folder / "src" / "index.py").write_text("def handler(event, context) -> ?: pass\n", encoding="utf-8")
    assert "warning: template.yaml" in emulate("check", "template.yaml").stderr
    (folder / "template.yaml").write_text(text.replace("python3.12", "java21"), encoding="utf-8")
    warned = emulate("check", "template.yaml")
    assert warned.exit_code == 0
    assert "warning: template.yaml:8:7 Charge: its runtime is java21" in warned.stderr


def test_check_of_a_list_is_exit_code_2(emulate: Emulate, folder: Path) -> None:
    (folder / "list.yaml").write_text("- Type: AWS::SQS::Queue\n", encoding="utf-8")
    checked = emulate("check", "list.yaml")
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert "list.yaml:1:1: a definition or a template is an object, not a list" in checked.stderr


def test_values_of_globals_have_their_places_there(emulate: Emulate, folder: Path) -> None:
    shared = 'Globals:\n  Function:\n    Environment:\n      Variables:\n        A: {"Fn::Reff": Net}\nResources:'
    (folder / "template.yaml").write_text(SHOP.replace("Resources:", shared), encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.stderr.count("error: ") == 1
    assert 'template.yaml:8:13: there is no function Fn::Reff\n    fix: Did you mean "Ref"?' in checked.stderr


def test_a_nested_template_gets_its_parameters_from_the_outer_one(emulate: Emulate, folder: Path) -> None:
    (folder / "inner").mkdir()
    inner = SHOP.replace("{Type: String, Default: dev}", "{Type: String}").replace("flows/", "../flows/")
    (folder / "inner" / "template.yaml").write_text(inner, encoding="utf-8")
    properties = "{Location: inner/template.yaml, Parameters: {Stage: dev}}"
    outer = f"Resources: {{Inner: {{Type: AWS::Serverless::Application, Properties: {properties}}}}}\n{SAM}"
    (folder / "template.yaml").write_text(outer, encoding="utf-8")
    checked = emulate("check", ".")
    assert (checked.exit_code, checked.stdout) == (0, "")


@pytest.mark.parametrize("command", [("serve", "template.yaml"), ("serve", "--template", "template.yaml")])
def test_serve_tells_what_it_has_deployed(
    emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    from emulator.server import listening

    event = "{Type: Api, Properties: {Path: /pay, Method: post}}"
    text = SHOP.replace("      MemorySize: 512", f"      Events: {{Pay: {event}}}\n      MemorySize: 512")
    (folder / "template.yaml").write_text(text, encoding="utf-8")

    def serve(gateway: Any, host: str, port: int, ready: Callable[[str], None]) -> None:
        async def answer() -> None:
            await gateway.served.start()
            ready("http://127.0.0.1:8083")
            await gateway.served.stop()

        asyncio.run(answer())

    monkeypatch.setattr(listening, "serve", serve)
    served = emulate(*command, "--stack-name", "shop")
    assert served.exit_code == 0
    lines = served.stderr.splitlines()
    assert lines[1].startswith("shop: ")
    assert "  machine Orders  arn:aws:states:us-east-1:123456789012:stateMachine:orders-dev" in lines
    assert "  output Machine  arn:aws:states:us-east-1:123456789012:stateMachine:orders-dev" in lines
    assert any(each.startswith("  API ServerlessRestApi  http://127.0.0.1:8083/_aws/execute-api/") for each in lines)
    assert "  AWS::EC2::VPC: Net" in lines


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            ("serve", "--template", "tempate.yaml"),
            'there is no file tempate.yaml. Did you mean "template.yaml"?',
        ),
        (("serve", "tempate.yaml"), 'there is no file tempate.yaml. Did you mean "template.yaml"?'),
        (("run", "main.tf"), "main.tf is Terraform's own language\n    fix: name its plan as JSON"),
        (("run", "tf"), "the folder tf has no manifest.json"),
        (("run", "template.yaml", "Orders", "event.json"), "but the name of a file\n    fix: write @event.json"),
        (("run", "template.yaml", "Orders", "--input", "event.json"), "fix: write @event.json"),
    ],
)
def test_a_wrong_name_of_a_file_says_what_to_write(
    emulate: Emulate, folder: Path, command: tuple[str, ...], told: str
) -> None:
    (folder / "tf").mkdir()
    for name in ("main.tf", "tf/main.tf", "event.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    ran = emulate(*command)
    assert ran.exit_code == 2
    assert told in ran.stderr


@pytest.mark.parametrize("inline", [False, True])
def test_a_misspelt_substitution_is_told_with_its_place_and_the_nearest(
    emulate: Emulate, folder: Path, inline: bool
) -> None:
    (folder / "flows" / "orders.asl.json").write_text(FLOW.replace("${Charge}", "${Chrage}"), encoding="utf-8")
    place = "flows/orders.asl.json:3:48"
    if inline:
        states = '{C: {Type: Task, End: true, Resource: "${Chrage}"}}'
        text = SHOP.replace("DefinitionUri: flows/orders.asl.json", f"Definition: {{StartAt: C, States: {states}}}")
        (folder / "template.yaml").write_text(text, encoding="utf-8")
        place = "template.yaml:17:68"
    for command in ("check", "deploy"):
        ran = emulate(command, "template.yaml")
        assert ran.exit_code == (1 if command == "check" else 2)
        assert f"{place}: UNRESOLVED_SUBSTITUTION ${{Chrage}} has no value" in ran.stdout + ran.stderr
        assert 'Did you mean "Charge"?' in ran.stdout + ran.stderr


ONE_CAUSE = {
    "a misspelt property of an event": SHOP.replace(
        "Name: !Sub", "Events: {Daily: {Type: Schedule, Properties: {Schedle: rate(1 day)}}}\n      Name: !Sub"
    ),
    "a misspelt type": SHOP.replace("AWS::Serverless::Function", "AWS::Serverless::Functon"),
    "a misspelt property": SHOP.replace("Handler:", "Handlr:"),
    "a misspelt section of Globals": SHOP.replace("Parameters:", "Globals: {Functions: {Timeout: 3}}\nParameters:"),
    "a runtime of Globals": SHOP.replace("      Runtime: python3.12\n", "").replace(
        "Resources:",
        "Globals: {Function: {Runtime: pyhton3.12}}\nResources:\n  Other: {Type: AWS::Serverless::Function, "
        "Properties: {Handler: index.handler, InlineCode: 'def handler(a, b): ...'}}",
    ),
    "an export that two outputs have": f"{SHOP.rstrip().removesuffix('}')}, A: {{Value: !ImportValue x}}, B: {{Value: "
    "!ImportValue x}}\n",
}


@pytest.mark.parametrize("case", ONE_CAUSE)
def test_check_tells_a_mistake_once(emulate: Emulate, folder: Path, case: str) -> None:
    (folder / "template.yaml").write_text(ONE_CAUSE[case], encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert (checked.exit_code, checked.stdout) == (2, "")
    told = [line for line in checked.stderr.splitlines() if line.startswith(("error:", "warning:"))]
    assert len(told) == 1, checked.stderr


@pytest.mark.parametrize(
    ("text", "told"), [("", "not nothing"), ("# nothing\n", "not nothing"), ("- Resources: {}\n", "not a list")]
)
def test_a_file_of_yaml_that_is_no_object_is_exit_code_2(emulate: Emulate, folder: Path, text: str, told: str) -> None:
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", "shop.yaml")
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert f"shop.yaml:1:1: a definition or a template is an object, {told}" in checked.stderr


def test_a_substitution_without_a_value_is_left_as_on_aws(emulate: Emulate, folder: Path) -> None:
    states = '{"C": {"Type": "Pass", "Result": {"a": "${charge}", "b": "${Other}"}, "End": true}}'
    (folder / "flows" / "orders.asl.json").write_text(f'{{"StartAt": "C", "States": {states}}}', encoding="utf-8")
    ran = emulate("run", "template.yaml", "Orders", "{}", "-q")
    assert json.loads(ran.stdout) == {"a": "${charge}", "b": "${Other}"}
    listed = emulate("deploy", "template.yaml").stdout
    assert 'Orders: ${charge} has no value. Did you mean "Charge"?, ${Other} has no value\n' in listed
    for checked in (emulate("check", "template.yaml"), emulate("check", "flows/orders.asl.json")):
        assert checked.exit_code == 0
        assert "flows/orders.asl.json:1:68: warning: UNRESOLVED_SUBSTITUTION ${charge} has no value" in checked.stdout
        assert 'Did you mean "Charge"?' in checked.stdout


def test_a_definition_alone_has_the_substitutions_of_the_template_beside_it(emulate: Emulate, folder: Path) -> None:
    checked = emulate("check", "flows/orders.asl.json", "--strict")
    assert (checked.exit_code, checked.stdout) == (0, "")
    (folder / "template.yaml").unlink()
    assert "${Charge} has no value" in emulate("check", "flows/orders.asl.json").stdout


def test_of_a_property_that_is_there_twice_the_last_counts(emulate: Emulate, folder: Path) -> None:
    text = SHOP.replace("      MemorySize: 512\n", "      Handler: index.handler\n").replace(
        "index.handler", "none.none", 1
    )
    (folder / "template.yaml").write_text(text, encoding="utf-8")
    checked = emulate("check", "template.yaml")
    assert checked.exit_code == 0
    assert "warning: template.yaml:11:7: the key 'Handler' is there twice: the last counts" in checked.stderr
    assert "Charge: Handler is there twice: the last counts" in emulate("deploy", "template.yaml").stdout
    assert json.loads(emulate("run", "template.yaml", "Orders", '{"id": 1}', "-q").stdout)["paid"]


def test_what_has_no_effect_is_listed(emulate: Emulate, folder: Path) -> None:
    layer = "arn:aws:lambda:us-east-1:017000801446:layer:Tools:1"
    text = SHOP.replace("MemorySize: 512", f"Layers: [{layer}]").replace(
        "  Net:", "  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /shop, RetentionInDays: 7}}\n  Net:"
    )
    rules = "Rules: {Stages: {Assertions: [{Assert: !Equals [a, a]}]}}\nResources:"
    (folder / "template.yaml").write_text(text.replace("Resources:", rules), encoding="utf-8")
    listed = emulate("deploy", "template.yaml").stdout
    made, unmade = listed.split("not emulated")[0], listed.split("not emulated")[1].split("not enforced")[0]
    assert "AWS::Logs::LogGroup" in made
    assert "LogGroup" not in unmade
    told = listed.split("not enforced")[1]
    assert "\n  Rules: Stages\n" in told
    assert "\n  Log: RetentionInDays\n" in told
    assert f"Layers: {layer}, which is not here" in told
    with Emulator() as emulator:
        emulator.deploy(folder / "template.yaml")
        (group,) = emulator.client("logs").describe_log_groups(logGroupNamePrefix="/shop")["logGroups"]
        assert group["retentionInDays"] == 7
