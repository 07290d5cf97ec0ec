"""Words of a template that AWS does not have: each is refused with its place and the nearest word."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, TemplateError
from emulator.templates.resources import MAKERS
from emulator.templates.words import near_type

FLOW = "{StartAt: A, States: {A: {Type: Pass, End: true}}}"


def deploy(emulator: Emulator, folder: Path, text: str, name: str = "template.yaml") -> Any:
    is_of_sam = "AWS::Serverless::" in text and "Transform" not in text
    (folder / name).write_text(
        f"{text}\nTransform: AWS::Serverless-2016-10-31\n" if is_of_sam else text, encoding="utf-8"
    )
    return emulator.deploy(folder / name)


CODE = "Runtime: python3.12, Handler: index.handler, InlineCode: 'def handler(event, context): return 1'"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimout: 3}}", r"Q .* has no property .*Timeout"),
        ("Q: {Type: AWS::SQS::Queue, Properties: {visibilityTimeout: 3}}", "has no property .*VisibilityTimeout"),
        ("T: {Type: AWS::DynamoDB::Table, Properties: {BilingMode: PAY_PER_REQUEST}}", '"BillingMode"'),
        (
            "T: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributName: id, KeyType: HASH}]}}",
            "KeySchema has no member AttributName\n    fix: Did you mean .AttributeName",
        ),
        ("B: {Type: AWS::S3::Bucket, Properties: {LambdaConfigurations: []}}", "member of NotificationConfiguration"),
        ("F: {Type: AWS::Serverless::Function, Properties: {Handlr: a.b}}", '"Handler"'),
        ("F: {Type: AWS::Serverless::Function, Properties: {Variables: {}}}", "it is a member of Environment"),
        ("F: {Type: AWS::Serverless::Function, Properties: {Shape: round}}", "has no property Shape"),
        ("F: {Type: AWS::Serverless::Function, Properties: {Environment: {Variabls: {}}}}", '"Variables"'),
        (
            "F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: SQS, Properties: {Batchsize: 1}}}}}",
            r"the event E of F \(SQS\) has no property Batchsize\n    fix: Did you mean .BatchSize",
        ),
        (
            "F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Api, Propertis: {}}}}}",
            "the event E of F has no member Propertis",
        ),
        (
            "M: {Type: AWS::Serverless::StateMachine, Properties: {Events: {E: {Type: Api, Properties: {Methd: a}}}}}",
            "has no property Methd\n    fix: Did you mean .Method",
        ),
        ("M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitonUri: a}}", '"DefinitionUri"'),
        ("A: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfig: {}}}", "has no property CorsConfig"),
        ("T: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Nam: id}}}", '"Name"'),
        ("F: {Type: AWS::Lambda::Functon}", 'F has the unknown type .*mean "AWS::Lambda::Function"'),
        ("Q: {Type: AWS::SQS::Que}", 'mean "AWS::SQS::Queue"'),
        ("Q: {Type: SQS::Queue}", 'mean "AWS::SQS::Queue"'),
        ("Q: {Type: aws::sqs::queue}", 'mean "AWS::SQS::Queue"'),
        ("T: {Type: AWS::Dynamodb::Table}", 'mean "AWS::DynamoDB::Table"'),
        ("F: {Type: AWS::Serverless::Fuction}", 'mean "AWS::Serverless::Function"'),
    ],
)
def test_a_word_of_a_resource_that_aws_does_not_have_is_refused(
    emulator: Emulator, tmp_path: Path, written: str, told: str
) -> None:
    with pytest.raises(TemplateError, match=f"(?s)template.yaml:2:.*{told}"):
        deploy(emulator, tmp_path, f"Resources:\n  {written}\n")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Transform: AWS::Serverless-2016-10-32", "1:1: No transform named .* found.*AWS::Serverless-2016-10-31"),
        ("Transform: [Mine, AWS::LanguageExtension]", "1:19: No transform named .*AWS::LanguageExtensions"),
        ("Parameters: {P: {Type: Strng}}", "1:18: the parameter P is of the unknown type Strng.*String"),
        ("Parameters: {P: {Type: String, Defalt: a}}", "1:32: the parameter P has no member Defalt.*Default"),
        ("Globals: {Function: {Timout: 3}}", "1:22: 'Globals' section .* 'Timout' is not a supported .*Timeout"),
        ("Globals: {Function: {Environment: {Variable: {}}}}", "1:36: Environment has no member Variable"),
        ("Globals: {Function: {Role: a}}", "1:22: .*'Role' is not a supported property of 'Function'.*in each"),
        ("Outputs: {O: {Vale: a, Value: b}}", "1:15: the output O has no member Vale"),
        ("Output: {O: {Value: b}}", "1:1: .*no section Output"),
    ],
)
def test_a_word_of_a_section_that_aws_does_not_have_is_refused(
    emulator: Emulator, tmp_path: Path, written: str, told: str
) -> None:
    with pytest.raises(TemplateError, match=f"(?s)template.yaml:{told}"):
        deploy(emulator, tmp_path, f"{written}\nResources: {{Q: {{Type: AWS::SQS::Queue}}}}\n")


def test_what_may_be_newer_than_the_lists_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    emulator.client("ssm").put_parameter(Name="/image", Value="ami", Type="String")
    template = """
        Transform: [AWS::Serverless-2016-10-31, MyMacro]
        Parameters:
          P: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /image}
          V: {Type: 'List<AWS::EC2::VPC::Id>', Default: v}
        Resources:
          Q: {Type: AWS::SQS::Queue, Properties: {Colour: red}}
          N: {Type: AWS::Foo::Bar, Properties: {Any: 1}}
          L: {Type: AWS::Lambda::Lens}
          C: {Type: Custom::Thing, Properties: {ServiceToken: a}}
    """
    app = deploy(emulator, tmp_path, template)
    assert app.not_enforced["Q"] == ["Colour, which AWS::SQS::Queue does not have"]
    assert {"AWS::Foo::Bar", "AWS::Lambda::Lens", "Custom::Thing"} <= set(app.not_emulated)


@pytest.mark.parametrize("name", ["AWS::EC2::VPC", "AWS::ApiGatewayV3::Api", "AWS::WAFv2::WebACL", "Custom::Queue"])
def test_a_type_that_is_known_or_differs_by_a_number_is_no_mistake(name: str) -> None:
    assert near_type(name) is None


def test_every_type_that_is_made_here_is_known() -> None:
    own = ("SAM event", "Terraform::", "Custom::")
    assert [each for each in MAKERS if not each.startswith(own) and near_type(each) is not None] == []


@pytest.mark.parametrize(
    ("runtime", "near"),
    [("python3.21", "python3.1"), ("pyhton3.12", "python3.12"), ("node20.x", "nodejs20.x"), ("cobol", "")],
)
def test_a_runtime_that_lambda_does_not_have_is_refused(
    emulator: Emulator, tmp_path: Path, runtime: str, near: str
) -> None:
    code = CODE.replace("python3.12", runtime)
    with pytest.raises(TemplateError, match=f"F has the runtime {runtime}, which Lambda does not have\n.*{near}"):
        deploy(emulator, tmp_path, f"Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{{code}}}}}}}")


@pytest.mark.parametrize("runtime", ["python3.9", "python3.15", "nodejs26.x", "java29", "provided.al2027"])
def test_a_runtime_that_is_a_little_newer_than_the_list_passes(
    emulator: Emulator, tmp_path: Path, runtime: str
) -> None:
    code = CODE.replace("python3.12", runtime)
    deploy(emulator, tmp_path, f"Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{{code}}}}}}}")


SERVICE = """\
service: shop
provider: {name: aws, runtime: python3.12}
plugins: [serverless-step-functions]
"""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            f"stepFunctions: {{statemachines: {{flow: {{definition: {FLOW}}}}}}}",
            "4:33: stepFunctions has no statemachines",
        ),
        ("functions: {f: {handlr: a.b}}", "functions.f has no handlr\n    fix: Did you mean .handler"),
        (
            "functions: {f: {handler: a.b, events: [{sqs: {arn: 'arn:aws:sqs:us-east-1:1:q', batchsize: 1}}]}}",
            "functions.f.events.0.sqs has no batchsize",
        ),
        (
            "functions: {f: {handler: a.b, events: [{httpApi: GTE /x}]}}",
            'GTE is not a method of HTTP. Did you mean "GET"',
        ),
        (
            f"stepFunctions: {{stateMachines: {{f: {{definition: {FLOW}, events: [{{schedule: {{rates: x}}}}]}}}}}}",
            "schedule has no rates",
        ),
    ],
)
def test_a_misspelt_word_of_a_service_is_refused(emulator: Emulator, tmp_path: Path, written: str, told: str) -> None:
    place, _, what = told.rpartition(": ") if told[0].isdigit() else ("", "", told)
    with pytest.raises(TemplateError, match=what) as error:
        deploy(emulator, tmp_path, f"{SERVICE}{written}\n", "serverless.yml")
    assert place.partition(":")[0] in str(error.value)


def test_words_are_looked_at_in_the_branches_of_a_condition(emulator: Emulator, tmp_path: Path) -> None:
    template = {
        "Conditions": {"Is": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "T": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "StreamSpecification": {"Fn::If": ["Is", {"StreamViewTyp": "KEYS_ONLY"}, {"Ref": "AWS::NoValue"}]}
                },
            }
        },
    }
    with pytest.raises(TemplateError, match="has no member StreamViewTyp"):
        deploy(emulator, tmp_path, json.dumps(template), "t.json")


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("rate(1 minutes)", "write rate(1 minute)"),
        ("rate(1 hours)", "write rate(1 hour)"),
        ("rate(5 minute)", "write rate(5 minutes)"),
        ("cron(0 3 * * *)", "cron(0 3 * * ? *)"),
        ("cron(0 3 * * MON)", "cron(0 3 ? * MON *)"),
        ("cron(0 3 * * * *)", "one of day of month and day of week is ?"),
        ("5 minutes", "is not of the form rate(5 minutes) or"),
    ],
)
def test_a_schedule_that_is_refused_has_the_one_that_is_meant(
    emulator: Emulator, tmp_path: Path, written: str, near: str
) -> None:
    with pytest.raises(TemplateError, match="Parameter ScheduleExpression is not valid") as error:
        deploy(
            emulator,
            tmp_path,
            f"Resources: {{R: {{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: '{written}'}}}}}}",
        )
    assert near in str(error.value)


def test_the_logical_id_of_a_machine_in_place_of_a_definition(emulator: Emulator, tmp_path: Path) -> None:
    deploy(
        emulator,
        tmp_path,
        f"Resources: {{OrderFlow: {{Type: AWS::Serverless::StateMachine, Properties: {{Definition: {FLOW}}}}}}}",
    )
    for name in ("OrderFlow", "OrderFlw"):
        with pytest.raises(EmulatorError, match=r'fix: emulator.run\(app.machine\("OrderFlow"\), ...\)'):
            emulator.run(name, {})


def test_a_unit_of_time_that_is_misspelt_names_the_nearest(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match=r"there is no unit hour\n    fix: advance\(hours=1\)"):
        emulator.clock.advance(hour=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("qualifier", ["$LATEST", "1"])
def test_a_url_is_of_a_function_or_of_an_alias(emulator: Emulator, qualifier: str) -> None:
    emulator.lambda_function("work", lambda event, context: event)
    with pytest.raises(ClientError) as error:
        emulator.client("lambda").create_function_url_config(FunctionName="work", Qualifier=qualifier, AuthType="NONE")
    assert error.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)",
    }


SAM = "Transform: AWS::Serverless-2016-10-31\n"


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("T: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUST}}", '"PAY_PER_REQUEST"'),
        (
            "T: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: free}}",
            "one of PAY_PER_REQUEST, PROVISIONED, not",
        ),
        (
            "T: {Type: AWS::DynamoDB::Table, Properties: {StreamSpecification: {StreamViewType: NEW_IMAGES}}}",
            "NEW_IMAGE",
        ),
        (
            "T: {Type: AWS::DynamoDB::Table, Properties: {AttributeDefinitions: [{AttributeType: Str}]}}",
            "AttributeType is one of B, N, S",
        ),
        ("T: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{KeyType: HSAH}]}}", '"HASH"'),
        (
            "T: {Type: AWS::DynamoDB::Table, Properties: {GlobalSecondaryIndexes: [{KeySchema: [{KeyType: R}]}]}}",
            "RANGE",
        ),
        ("T: {Type: AWS::DynamoDB::Table, Properties: {TableClass: !Ref Word}}", "is one of STANDARD, .*not 'wrod'"),
        ("M: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineType: Express}}", '"EXPRESS"'),
        ("G: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 8}}", "RetentionInDays is one of 1, 3, 5"),
        ("R: {Type: AWS::Events::Rule, Properties: {State: ENABLE}}", '"ENABLED"'),
        ("F: {Type: AWS::Lambda::Function, Properties: {TracingConfig: {Mode: active}}}", '"Active"'),
        ("F: {Type: AWS::Serverless::Function, Properties: {Architectures: [arm46]}}", '"arm64"'),
        ("K: {Type: AWS::Kinesis::Stream, Properties: {StreamModeDetails: {StreamMode: 'ON DEMAND'}}}", '"ON_DEMAND"'),
    ],
)
def test_a_property_that_is_none_of_its_words_is_refused_with_the_nearest(
    emulator: Emulator, tmp_path: Path, resource: str, told: str
) -> None:
    with pytest.raises(TemplateError, match=told) as error:
        deploy(
            emulator,
            tmp_path,
            f"Parameters: {{Word: {{Type: String, Default: wrod}}}}\nResources:\n  {resource}\n{SAM}",
        )
    assert error.value.place.endswith("template.yaml:3:" + error.value.place.rpartition(":")[2])


def test_a_word_that_botocore_has_or_that_is_known_later_is_taken(emulator: Emulator, tmp_path: Path) -> None:
    table = "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: a, AttributeType: S}]"
    table += ", KeySchema: [{AttributeName: a, KeyType: HASH}], DeletionProtectionEnabled: false"
    text = f"""
Conditions: {{Always: !Equals [1, 1]}}
Resources:
  T: {{Type: AWS::DynamoDB::Table, Properties: {{{table}, TableClass: !If [Always, STANDARD, nonsense]}}}}
  G: {{Type: AWS::Logs::LogGroup, Properties: {{RetentionInDays: "7"}}}}
"""
    assert deploy(emulator, tmp_path, text)["T"]


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ("SQS", "Queue: !GetAtt Q.Arn, ProvisionedPollerConfig: {MinimumPollers: 2, MaximumPollers: 4}"),
        ("SQS", "Queue: !GetAtt Q.Arn, MetricsConfig: {Metrics: [EventCount]}"),
        ("CloudWatchEvent", "Pattern: {source: [a]}, RetryPolicy: {MaximumRetryAttempts: 1}"),
        ("EventBridgeRule", "Pattern: {source: [a]}, State: ENABLED"),
        ("Schedule", "Schedule: rate(1 day), RuleName: daily"),
    ],
)
def test_the_inherited_properties_of_sams_events_are_taken(
    emulator: Emulator, tmp_path: Path, event: str, properties: str
) -> None:
    text = f"""
Resources:
  Q: {{Type: AWS::SQS::Queue}}
  F:
    Type: AWS::Serverless::Function
    Properties: {{{CODE}, Events: {{E: {{Type: {event}, Properties: {{{properties}}}}}}}}}
{SAM}"""
    assert deploy(emulator, tmp_path, text)["F"]


def test_sams_types_need_sams_transform(emulator: Emulator, tmp_path: Path) -> None:
    text = "Resources:\n  F: {Type: AWS::Serverless::SimpleTable}\n  M: {Type: AWS::Serverless::StateMachine}\n"
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    told = r"yaml:2:\d+: .*Unrecognized resource types: \[AWS::Serverless::SimpleTable, AWS::Serverless::StateMachine\]"
    with pytest.raises(TemplateError, match=told + "\n    fix: .*Transform: AWS::Serverless-2016-10-31"):
        emulator.deploy(tmp_path / "template.yaml")


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        ("[{DynamoDBCrudPolcy: {TableName: a}}]", 'no template DynamoDBCrudPolcy\n.*"DynamoDBCrudPolicy"'),
        ("{SQSPollerPolicy: {QueuName: a}}", r"template 'SQSPollerPolicy' don't have values: \[QueueName\]"),
    ],
)
def test_a_policy_template_that_sam_does_not_have_is_refused(
    emulator: Emulator, tmp_path: Path, policies: str, told: str
) -> None:
    function = f"{{Type: AWS::Serverless::Function, Properties: {{{CODE}, Policies: {policies}}}}}"
    with pytest.raises(TemplateError, match=told):
        deploy(emulator, tmp_path, f"Resources:\n  F: {function}\n{SAM}")


def test_policies_that_sam_takes(emulator: Emulator, tmp_path: Path) -> None:
    policies = "[AWSLambdaBasicExecutionRole, !Sub 'arn:${AWS::Partition}:x', {Statement: []}, "
    policies += "{CloudWatchPutMetricPolicy: {}}]"
    function = f"{{Type: AWS::Serverless::Function, Properties: {{{CODE}, Policies: {policies}}}}}"
    assert deploy(emulator, tmp_path, f"Resources:\n  F: {function}\n{SAM}")["F"]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("Api, Properties: {Path: /a, Method: pst}", r"template\.yaml:9:\d+: Method is one of .*not 'pst'\n.*\"POST\""),
        ("Api, Properties: {Path: a, Method: get}", "Path begins with /, not 'a'\n    fix: write \"/a\""),
        ("Api, Properties: {Method: get}", "has no Path"),
        ("HttpApi, Properties: {Path: orders, Method: get}", "Path begins with /"),
        ("HttpApi, Properties: {Path: /orders, Method: fetch}", "Method is one of ANY, DELETE, GET"),
    ],
)
def test_the_method_and_path_of_an_api_event_are_checked(
    emulator: Emulator, tmp_path: Path, event: str, told: str
) -> None:
    function = f"Type: AWS::Serverless::Function\n    Properties:\n      {CODE.replace(', ', chr(10) + '      ')}"
    with pytest.raises(TemplateError, match=told):
        deploy(emulator, tmp_path, f"Resources:\n  F:\n    {function}\n      Events: {{E: {{Type: {event}}}}}\n{SAM}")
