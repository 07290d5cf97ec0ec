"""Services of the Serverless Framework: serverless.yml runs as it is, with its machines, functions and variables."""

import json
from pathlib import Path
from typing import Any

import pytest

from asl.problems import DefinitionError
from emulator import Emulator, EmulatorError, TemplateError
from emulator.templates import Application

SERVICE = Path(__file__).parent / "applications" / "serverless" / "serverless.yml"
FLOW = "{StartAt: A, States: {A: {Type: Pass, End: true}}}"


@pytest.fixture
def app(emulator: Emulator) -> Application:
    """The service at the stage ``test``."""
    return emulator.deploy(SERVICE, parameters={"stage": "test"})


def deployed(
    emulator: Emulator,
    folder: Path,
    text: str,
    files: dict[str, str] | None = None,
    leave_out: Any = (),
    **options: Any,
) -> Application:
    for name, content in {"serverless.yml": text, **(files or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return emulator.deploy(folder / "serverless.yml", parameters=options)


def service(more: str = "", provider: str = "") -> str:
    return f"service: shop\nprovider: {{name: aws{provider}}}\n{more}\n"


def found(emulator: Emulator, folder: Path, value: str, more: str = "", files: Any = None, **options: Any) -> Any:
    """What a value comes to, as the service's output."""
    text = service(f"{more}\nresources: {{Resources: {{}}, Outputs: {{Found: {{Value: {value}}}}}}}")
    return deployed(emulator, folder, text, files, **options).outputs["Found"]


def test_a_service_runs_as_it_is(emulator: Emulator, app: Application) -> None:
    run = emulator.run(app.machine("deliver"), {"id": "p-1", "grams": 3500})
    assert run.output == "hello, p-1 of 3 kg"
    items = emulator.client("dynamodb").scan(TableName="parcels-test")["Items"]
    assert items == [{"id": {"S": "p-1"}, "kilos": {"N": "3"}}]
    assert emulator.run(app.machine("sort"), {"id": "p-2", "grams": 9000}).status == "FAILED"
    assert app.machine("deliver").name == "deliver-test"
    assert app.not_emulated == {"Serverless plugin": ["serverless-offline"]}


def test_a_rule_of_a_machine_starts_it(emulator: Emulator, app: Application) -> None:
    detail = json.dumps({"id": "p-3", "grams": 1000})
    emulator.client("events").put_events(Entries=[{"Source": "parcels", "DetailType": "Arrived", "Detail": detail}])
    (execution,) = emulator.executions
    assert emulator.finish(execution).output == "hello, p-3 of 1 kg"


def test_messages_of_a_queue_call_its_function(emulator: Emulator, app: Application) -> None:
    body = json.dumps({"id": "p-4", "grams": 2000})
    emulator.client("sqs").send_message(QueueUrl=app["Inbox"], MessageBody=body)
    emulator.clock.advance(seconds=1)
    items = emulator.client("dynamodb").scan(TableName="parcels-test")["Items"]
    assert items == [{"id": {"S": "p-4"}, "kilos": {"N": "2"}}]


def test_logical_ids_and_names_are_those_of_serverless(app: Application) -> None:
    assert list(app) == [
        "IamRoleLambdaExecution",
        "RatesLambdaLayer",
        "WeighDashparcelLambdaFunction",
        "WeighDashparcelLogGroup",
        "LabelLambdaFunction",
        "LabelLogGroup",
        "WeighDashparcelEventSourceMappingSQSInbox",
        "WeighDashparcelEventsRuleSchedule1",
        "Parcels",
        "Inbox",
        "DeliverDashtest",
        "DeliverDashtestRole",
        "DeliverEventToStepFunctionsRole",
        "DeliverEventsRuleCloudWatchEvent1",
        "SortStepFunctionsStateMachine",
        "SortStepFunctionsStateMachineRole",
        "HandDashoverStepFunctionsActivity",
    ]
    assert app["weigh-parcel"] == app["WeighDashparcelLambdaFunction"] == "parcels-test-weigh-parcel"
    assert app.name == "parcels-test"
    assert app.outputs["DeliverDashtestArn"] == app.machine("deliver-test").arn


def test_a_name_that_nothing_has_tells_the_nearest(app: Application) -> None:
    with pytest.raises(EmulatorError, match="no state machine 'Delivr'\n    fix: Did you mean \"deliver\""):
        app.machine("Delivr")
    with pytest.raises(KeyError, match=r'there is no resource .+weigh_parcel.+Did you mean "weigh-parcel"'):
        app["weigh_parcel"]
    with pytest.raises(KeyError, match=r'no output .+DeliverDashtestARN.+Did you mean "DeliverDashtestArn"'):
        app.outputs["DeliverDashtestARN"]


def test_options_of_the_command_line_are_parameters(emulator: Emulator) -> None:
    app = emulator.deploy(SERVICE)
    assert app.name == "parcels-dev"
    with pytest.raises(TemplateError, match="the service has no option 'stag'\n    fix: Did you mean \"stage\""):
        emulator.deploy(SERVICE, parameters={"stag": "x"})


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        ("'${self:service}-${sls:stage}'", "", "shop-dev"),
        ("'${self:custom.${sls:stage}.name}'", "custom: {dev: {name: inner}}", "inner"),
        ("\"${opt:color, 'red'}\"", "", "red"),
        ("'${opt:color, self:custom.color}'", "custom: {color: blue}", "blue"),
        ("\"${env:NOT_SET_HERE, ${self:custom.no, 'last'}}\"", "custom: {}", "last"),
        ("'${file(a.yml):one.1}'", "", "second"),
        ("'${file(a.json):name}'", "", "of shop"),
        ("\"${file(none.yml):x, 'no file'}\"", "", "no file"),
        ("'${aws:region} ${aws:accountId}'", "", "us-east-1 123456789012"),
        ("'${self:provider.region}'", "", "us-east-1"),
        ("'${param:color}'", "params: {default: {color: red}, dev: {color: green}}", "green"),
        ("!Sub '${AWS::Region}-${self:service}'", "", "us-east-1-shop"),
        ("!If [Never, a, '${self:service}']", "", "shop"),
        ("'${strToBool(true)}-x'", "", "true-x"),
        ("'${ssm:/shop/key}'", "", "given"),
        ("'${ssm:/shop/key~true}'", "", "given"),
        ("'${self:service.name}'", "", "shop"),
        ("'${opt:stage, self:provider.stage}'", "", "dev"),
        ("\"${opt:list, 'a, b'}\"", "", "a, b"),
    ],
)
def test_variables(emulator: Emulator, tmp_path: Path, value: str, more: str, expected: str) -> None:
    files = {"a.yml": "one: [first, second]\n", "a.json": '{"name": "of ${self:service}"}'}
    outputs = f"Conditions: {{Never: !Equals [a, b]}}, Resources: {{}}, Outputs: {{Found: {{Value: {value}}}}}"
    text = service(f"{more}\nresources: {{{outputs}}}", ", region: eu-west-1")
    given = {"ssm:/shop/key": "given"} if "ssm" in value else {}
    assert deployed(emulator, tmp_path, text, files, **given).outputs["Found"] == expected


@pytest.mark.parametrize(
    "value", ["'#{AWS::Region}-x'", "!Sub '#{AWS::Region}-x'", "!Sub ['#{AWS::Region}-${own}', {own: x}]"]
)
def test_pseudo_parameters_of_the_plugin_stand_in_texts_and_in_functions(
    emulator: Emulator, tmp_path: Path, value: str
) -> None:
    """Of a text in ``Fn::Sub`` the plugin serverless-pseudo-parameters makes no function of its own."""
    resource = f"  Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: {value}}}}}"
    app = deployed(emulator, tmp_path, service(f"resources:\n Resources:\n{resource}"))
    assert app["Topic"].endswith(":us-east-1-x")


def test_a_service_may_be_an_object_and_its_provider_a_name(emulator: Emulator, tmp_path: Path) -> None:
    outputs = "resources: {Outputs: {A: {Value: '${self:service}'}, B: {Value: '${self:service.name}'}}}"
    text = f"service: {{name: shop}}\nprovider: aws\n{outputs}\n"
    app = deployed(emulator, tmp_path, text)
    assert (app.name, app.outputs) == ("shop-dev", {"A": "shop", "B": "shop"})


def test_outputs_of_another_regions_stack_are_parameters(emulator: Emulator, tmp_path: Path) -> None:
    value = "'${cf.eu-west-1:net.Vpc} ${cf(eu-west-1):net.Vpc}'"
    assert found(emulator, tmp_path, value, **{"cf:net.Vpc": "v"}) == "v v"
    assert found(emulator, tmp_path, value, **{"cf(eu-west-1):net.Vpc": "w"}) == "w w"


def test_code_lies_in_a_functions_module_or_is_not_packed_yet(emulator: Emulator, tmp_path: Path) -> None:
    more = """
package: {individually: true}
functions:
  one: {handler: app.handler, module: src/one}
  two: {handler: two.handler, package: {artifact: .serverless/two.zip}}
"""
    code = "def handler(event, context):\n    return 1\n"
    files = {"src/one/app.py": code, "two.py": code}
    app = deployed(emulator, tmp_path, service(more, ", runtime: python3.12"), files)
    assert app.not_emulated == {}
    for name in ("one", "two"):
        assert emulator.client("lambda").invoke(FunctionName=app[name])["Payload"].read() == b"1"


def test_variables_of_a_service_are_refused_in_another_syntax(emulator: Emulator, tmp_path: Path) -> None:
    usual = """, variableSyntax: '\\${((?!AWS)[ ~:a-zA-Z0-9._,\\-\\/\\(\\)]+?)}'"""
    assert deployed(emulator, tmp_path, service("", usual)).name == "shop-dev"
    with pytest.raises(TemplateError, match=r"serverless\.yml:2:\d+: variables are read as \$\{\.\.\.\} alone"):
        deployed(emulator, tmp_path, service("", ", variableSyntax: '\\${{([a-z]+?)}}'"))


def test_variables_of_the_environment_and_of_dotenv(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_A", "outside")
    files = {".env": "SHOP_A=file\nSHOP_B='from file'\n"}
    assert found(emulator, tmp_path, "'${env:SHOP_A} ${env:SHOP_B}'", "useDotenv: true", files) == "outside from file"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            service("custom: {a: '${self:custom.b}', b: '${self:custom.a}'}"),
            ":3:10: the variable ${self:custom.b} needs itself",
        ),
        (service("custom:\n  colour: red\n  a: ${self:custom.color}"), 'fix: Did you mean "colour"'),
        (service("custom:\n  a: ${env:NOT_SET_HERE}"), "fix: parameters={'env:NOT_SET_HERE': ...}"),
        (service("custom:\n  a: ${ssm:/x}"), ": ${ssm:/x} has no value\n    fix: parameters={'ssm:/x': ...}"),
        (service("custom:\n  a: ${slf:custom.b}"), "there is no source of variables slf"),
        (service("custom:\n  a: ${file(a.js):b}"), "a.js is a program, which is not run here"),
        (service("custom:\n  a: ${file(a.js):b}"), "or give it: parameters={'file(a.js):b': ...}"),
        (service("custom:\n  a: ${file(servrless.yml):b}"), 'has no value\n    fix: Did you mean "serverless.yml"'),
        (service("custom:\n  a: ${file(serverless.yml):servce}"), 'has no value\n    fix: Did you mean "service"'),
        ("service: shop\nfunctions: {}\n", "fix: a serverless.yml has service and provider: it has no provider"),
        (
            service(
                "functions: {validate: {handler: a.b}}\nstepFunctions: {stateMachines: {m: {definition: {StartAt: A, "
                "States: {A: {Type: Task, Resource: !GetAtt Validate.Arn, End: true}}}}}}",
                ", runtime: python3.12",
            ),
            'dependencies [Validate] in the Resources block of the template\n    fix: Did you mean "ValidateLambdaF',
        ),
        (
            service("custom: {b: {}}\nfunctions: {F: {handler: 'x-${self:custom.b}'}}"),
            "is an object, and stands in a text",
        ),
        (service("functions:\n  F: text"), ":4:3: functions.F is an object, not 'text'"),
        (service("functions: {F: {handler: a.b, events: {sqs: x}}}"), "functions.F.events is a list, not {"),
        (service("function: {}"), 'a service has no function\n    fix: Did you mean "functions"'),
        (service("functions: {F: {handlr: a.b}}"), "functions.F has no handlr"),
        (
            service("functions:\n  F: {handler: a.b, events: [{sqss: x}]}"),
            ": F has an event of the unknown type sqss\n    fix: Did you mean",
        ),
        (
            service(f"stepFunctions: {{stateMachines: {{m: {{definiton: {FLOW}}}}}}}"),
            'State machine [m] is malformed: "definiton" is not allowed\n    fix: Did you mean "definition"',
        ),
        (
            service(f"stepFunctions: {{stateMachines: {{m: {{tracingConfig: Active, definition: {FLOW}}}}}}}"),
            'State machine [m] is malformed: "tracingConfig" is an object',
        ),
        (
            service(
                f"stepFunctions: {{stateMachines: {{m: {{loggingConfig: {{destinations: g}}, definition: {FLOW}}}}}}}"
            ),
            'State machine [m] is malformed: "destinations" is a list',
        ),
        (
            service("", ", stage: [").replace("name: aws", "name: azure").replace(", stage: [", ""),
            "the provider is azure",
        ),
    ],
)
def test_a_wrong_service_is_refused_with_its_place(emulator: Emulator, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TemplateError) as caught:
        deployed(emulator, tmp_path, text)
    assert told in str(caught.value)
    assert "serverless.yml:" in str(caught.value)


def test_a_problem_of_a_definition_has_its_place_in_the_file_that_holds_it(emulator: Emulator, tmp_path: Path) -> None:
    text = service("stepFunctions:\n  stateMachines:\n    flow:\n      definition: ${file(machines/flow.yml)}")
    flow = "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Nxt: B\n"
    with pytest.raises(DefinitionError, match=r"machines/flow\.yml:5:\d+"):
        deployed(emulator, tmp_path, text, {"machines/flow.yml": flow})


def test_events_of_functions_are_the_resources_of_serverless(emulator: Emulator, tmp_path: Path) -> None:
    more = """
functions:
  work:
    handler: app.handler
    runtime: python3.12
    events:
      - sns: news
      - sns: {arn: !Ref Topic, topicName: told}
      - eventBridge: {eventBus: shop, pattern: {source: [a]}, inputTransformer: {inputTemplate: '"x"'}}
      - cloudwatchEvent: {event: {source: [b]}, input: {a: 1}}
      - s3: {bucket: photos-of-the-shop, event: s3:ObjectCreated:Put, rules: [{suffix: .jpg}]}
      - iot: {sql: x}
resources: {Resources: {Topic: {Type: AWS::SNS::Topic}}}
"""
    files = {"app.py": "def handler(event, context):\n    return 1\n"}
    app = deployed(emulator, tmp_path, service(more), files)
    assert [each for each in app if each.startswith(("Work", "SNS", "S3", "Shop"))] == [
        "WorkLambdaFunction",
        "WorkLogGroup",
        "SNSTopicNews",
        "WorkSnsSubscriptionNews",
        "WorkSnsSubscriptionTold",
        "ShopEventBridgeEventBus",
        "Shopdevworkrule3EventBridgeRule",
        "WorkEventsRuleCloudWatchEvent1",
        "S3BucketPhotosoftheshop",
    ]
    assert app.not_emulated["Serverless event iot"] == ["work"]
    events = emulator.client("events")
    (rule,) = events.list_rules(EventBusName="shop")["Rules"]
    assert rule["Name"] == "shop-dev-work-rule-3"
    (target,) = events.list_targets_by_rule(Rule=app["WorkEventsRuleCloudWatchEvent1"])["Targets"]
    assert target["Input"] == '{"a": 1}'


def test_events_of_apis_are_asked_by_their_paths(emulator: Emulator, tmp_path: Path) -> None:
    events = "[{http: 'GET hi/{name}'}, {httpApi: {method: POST, path: /hi}}]"
    machine = f"{{events: [{{http: {{path: start, method: POST}}}}], definition: {FLOW}}}"
    more = (
        f"functions: {{hi: {{handler: app.handler, runtime: python3.12, events: {events}}}}}\n"
        f"stepFunctions: {{stateMachines: {{flow: {machine}}}}}"
    )
    code = "def handler(event, context):\n    path = event.get('path') or event['rawPath']\n"
    code += "    return {'statusCode': 200, 'body': path}\n"
    app = deployed(emulator, tmp_path, service(more), {"app.py": code})
    assert app.request("GET", "/hi/ann").text == "/hi/ann"
    assert app.request("POST", "/hi").text == "/hi"
    assert "executionArn" in app.request("POST", "/start", json={"a": 1}).json()
    assert [each.input for each in emulator.executions] == [{"a": 1}]


def test_functions_and_resources_may_be_lists_of_files(emulator: Emulator, tmp_path: Path) -> None:
    functions = "functions:\n  - ${file(f.yml)}\n  - {b: {handler: app.b, runtime: python3.12}}\n"
    more = f"{functions}resources: ['${{file(r.yml)}}']\n"
    files = {
        "f.yml": "a: {handler: app.a, runtime: python3.12}\n",
        "r.yml": "Resources: {Jobs: {Type: AWS::SQS::Queue}}\n",
        "app.py": "def a(event, context):\n    return 1\n\n\ndef b(event, context):\n    return 2\n",
    }
    app = deployed(emulator, tmp_path, service(more), files)
    assert app["a"] == "shop-dev-a"
    assert app["b"] == "shop-dev-b"
    assert "Jobs" in app


def test_words_are_read_as_javascript_reads_yaml(emulator: Emulator, tmp_path: Path) -> None:
    states = "{A: {Type: Pass, Next: Yes}, Yes: {Type: Succeed}}"
    more = f"stepFunctions: {{stateMachines: {{m: {{definition: {{StartAt: A, States: {states}}}}}}}}}"
    app = deployed(emulator, tmp_path, service(more))
    assert list(emulator.run(app.machine("m")).states) == ["A", "Yes"]


def test_what_a_plugin_would_make_exists_by_its_name(emulator: Emulator, tmp_path: Path) -> None:
    more = "resources: {Resources: {}, Outputs: {Url: {Value: !Ref PluginsApi}}}"
    with pytest.raises(TemplateError, match=r"Unresolved resource dependencies \[PluginsApi\]"):
        deployed(emulator, tmp_path, service(more))
    app = deployed(emulator, tmp_path, service(f"plugins: [serverless-some-api]\n{more}"))
    assert app.not_emulated["Serverless::Plugin::Resource"] == ["PluginsApi"]


def test_a_function_in_python_needs_a_runtime(emulator: Emulator, tmp_path: Path) -> None:
    told = r"yml:3:\d+: the function F has no runtime, and is in a\.py; without one Serverless takes nodejs"
    with pytest.raises(TemplateError, match=told):
        deployed(emulator, tmp_path, service("functions: {F: {handler: a.b}}"), {"a.py": ""})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("app.py", "app.py is a program, which is not run here\n    fix: name what it makes: cdk.out"),
        ("bin/stack.ts", "stack.ts is a program, which is not run here"),
        ("serverless.toml", "fix: print it, and name the file: serverless print"),
        ("samconfig.toml", "fix: name the template of which it has the options"),
        ("terraform.tfstate", "is a state in Terraform's own form\n    fix: name it as JSON: terraform show -json"),
        ("dev.tfvars", "is Terraform's own language"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(emulator: Emulator, tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(EmulatorError) as caught:
        emulator.deploy(tmp_path / name)
    assert told in str(caught.value)


def test_a_service_that_is_a_program_is_named(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "serverless.ts").write_text("", encoding="utf-8")
    for path in (tmp_path, tmp_path / "serverless.ts"):
        with pytest.raises(EmulatorError, match="serverless print --format json"):
            emulator.deploy(path)


def test_typescript_names_the_plugin_that_builds_it(emulator: Emulator, tmp_path: Path) -> None:
    more = "plugins: [serverless-esbuild]\nfunctions: {work: {handler: src/app.handler}}"
    app = deployed(emulator, tmp_path, service(more), {"src/app.ts": "export const handler = 1;\n"})
    (told,) = (key for key, ids in app.not_emulated.items() if ids == ["WorkLambdaFunction"])
    assert "is TypeScript" in told
    assert "fix: build it first: serverless package, with the built files kept in .esbuild/.build" in told


@pytest.mark.parametrize("quote", ["", "'"])
def test_a_cron_within_braces_needs_no_quotes(emulator: Emulator, tmp_path: Path, quote: str) -> None:
    """JavaScript's YAML reads a question mark within a value; so does Serverless."""
    rate = f"{quote}cron(0 12 * * ? *){quote}"
    rule = f"{{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: {rate}, Name: noon}}}}"
    more = f"resources: {{Resources: {{Noon: {rule}}}}}  # cron(? within a comment)"
    deployed(emulator, tmp_path, service(more))
    assert emulator.client("events").describe_rule(Name="noon")["ScheduleExpression"] == "cron(0 12 * * ? *)"
