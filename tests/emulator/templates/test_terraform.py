"""Plans and states of Terraform: what ``terraform show -json`` prints runs as it is."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError, NotEmulatedError, TemplateError
from emulator.templates import Application
from emulator.templates.terraform.composed import COMPOSED
from emulator.templates.terraform.functions import FUNCTIONS
from emulator.templates.terraform.hcl import HclError, read_blocks
from emulator.templates.terraform.references import ATTRIBUTES, References
from emulator.templates.terraform.rows import ROWS

FOLDER = Path(__file__).parent / "applications" / "terraform"
CLAIM = {"id": "c-1", "damages": ["door", "roof"]}


ALLOW_ALL = json.dumps({"redrivePermission": "allowAll"})


@pytest.fixture
def app(emulator: Emulator) -> Application:
    """The plan beside its configuration."""
    return emulator.deploy(FOLDER / "plan.json")


def without_configuration(folder: Path) -> Path:
    """A copy of the plan and the code, without the files of Terraform."""
    shutil.copytree(FOLDER, folder / "app", ignore=shutil.ignore_patterns("*.tf"))
    return folder / "app" / "plan.json"


def plan(resources: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A plan, or with ``values`` a state, of these resources."""
    root = {"root_module": {"resources": resources}}
    return {"format_version": "1.2", **({"planned_values": root} if "values" not in more else {}), **more}


def resource(address: str, **values: Any) -> dict[str, Any]:
    type_, name = address.split(".")
    return {"address": address, "mode": "managed", "type": type_, "name": name, "values": values}


def deployed(
    emulator: Emulator, folder: Path, value: Any, files: dict[str, str] | None = None, **given: Any
) -> Application:
    for name, text in {"plan.json": json.dumps(value), **(files or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return emulator.deploy(folder / "plan.json", parameters=given)


def test_a_plan_runs_as_it_is(emulator: Emulator, app: Application) -> None:
    run = emulator.run(app.machine("claim"), CLAIM)
    assert run.output == {**CLAIM, "quote": {"cost": 200, "stage": "dev"}}
    items = emulator.client("dynamodb").scan(TableName="claims-dev-claims")["Items"]
    assert items == [{"id": {"S": "c-1"}, "cost": {"N": "200"}}]
    (told,) = emulator.client("sqs").receive_message(QueueUrl=app['aws_sqs_queue.parties["garage"]'])["Messages"]
    assert told["Body"] == "c-1"
    (archived,) = emulator.client("sqs").receive_message(QueueUrl=app['parties["insurer"]'])["Messages"]
    assert json.loads(archived["Body"])["quote"] == {"cost": 200, "stage": "dev"}
    assert app.not_emulated == {"Terraform::aws_cloudwatch_metric_alarm": ["aws_cloudwatch_metric_alarm.failed"]}


def test_a_target_of_a_rule_starts_its_machine(emulator: Emulator, app: Application) -> None:
    entry = {"Source": "claims", "DetailType": "Reported", "Detail": json.dumps(CLAIM)}
    emulator.client("events").put_events(Entries=[entry])
    execution = emulator.executions[0]
    assert execution.state_machine is app.machine("aws_sfn_state_machine.claim")
    assert emulator.finish(execution).status == "SUCCEEDED"


def test_addresses_are_logical_ids_and_names_without_the_module_find_them(app: Application) -> None:
    address = "module.archive.aws_sfn_state_machine.this"
    assert app[address] == app["aws_sfn_state_machine.this"] == app["this"] == app.machine("claims-dev-archive").arn
    assert app.outputs == {"machine": app["claim"]}


def test_without_the_configuration_references_are_followed_and_the_rest_is_told(
    emulator: Emulator, tmp_path: Path
) -> None:
    app = emulator.deploy(without_configuration(tmp_path))
    assert app.not_emulated["Terraform value that is known only after apply"] == [
        "aws_sfn_state_machine.claim.definition",
        "module.archive.aws_sfn_state_machine.this.definition",
    ]
    with pytest.raises(NotEmulatedError, match=r"claim\.definition is known only after apply.*parameters="):
        app.machine("claim")
    answer = emulator.client("lambda").invoke(FunctionName=app["quote"], Payload=json.dumps(CLAIM))
    assert json.loads(answer["Payload"].read()) == {"cost": 200, "stage": "dev"}
    assert emulator.client("sqs").receive_message(QueueUrl=app['parties["garage"]'])["Messages"]


def test_a_value_that_is_known_after_apply_may_be_given(emulator: Emulator, tmp_path: Path) -> None:
    path = without_configuration(tmp_path)
    flow = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    (path.parent / "flow.asl.json").write_text(flow, encoding="utf-8")
    names = ["aws_sfn_state_machine.claim.definition", "module.archive.aws_sfn_state_machine.this.definition"]
    app = emulator.deploy(path, parameters={names[0]: "flow.asl.json", names[1]: flow})
    assert emulator.run(app.machine("claim"), CLAIM).output == CLAIM
    with pytest.raises(
        TemplateError, match=r"the plan has no resource 'aws_sfn_state_machine\.clam\.definition'\n    fix: Did"
    ):
        emulator.deploy(path, parameters={"aws_sfn_state_machine.clam.definition": flow})


def test_a_state_has_the_emulators_account_and_its_ids(emulator: Emulator, tmp_path: Path) -> None:
    where = "eu-west-1:111122223333"
    stream = f"arn:aws:dynamodb:{where}:table/orders/stream/2024-01-01T00:00:00.000"
    secret = f"arn:aws:secretsmanager:{where}:secret:key-AbCdEf"
    task = {"Type": "Task", "Resource": f"arn:aws:lambda:{where}:function:work", "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": task}})
    resources = [
        resource(
            "aws_sfn_state_machine.flow",
            name="flow",
            definition=definition,
            arn=f"arn:aws:states:{where}:stateMachine:flow",
        ),
        resource(
            "aws_dynamodb_table.orders",
            name="orders",
            hash_key="id",
            attribute=[{"name": "id", "type": "S"}],
            billing_mode="PAY_PER_REQUEST",
            stream_enabled=True,
            stream_arn=stream,
        ),
        resource("aws_secretsmanager_secret.key", name="key", arn=secret, id=secret),
        resource("aws_secretsmanager_secret_version.key", secret_id=secret, secret_string="s3cret"),
        resource(
            "aws_lambda_function.work",
            function_name="work",
            runtime="python3.12",
            handler="app.handler",
            filename="work.zip",
            environment=[{"variables": {"STREAM": stream, "SECRET": secret, "REGION": "eu-west-1"}}],
        ),
        {
            **resource("archive_file.work", output_path="work.zip", source_dir="src", source_file=None),
            "address": "data.archive_file.work",
            "mode": "data",
        },
    ]
    names = "('STREAM', 'SECRET', 'REGION')"
    code = f"import os\n\n\ndef handler(event, context):\n    return [os.environ[each] for each in {names}]\n"
    value = plan([], values={"root_module": {"resources": resources}})
    app = deployed(emulator, tmp_path, value, {"src/app.py": code})
    table = emulator.client("dynamodb").describe_table(TableName="orders")["Table"]
    assert emulator.run(app.machine("flow")).output == [
        table["LatestStreamArn"],
        app["aws_secretsmanager_secret.key"],
        "us-east-1",
    ]
    found = emulator.client("secretsmanager").get_secret_value(SecretId="key")
    assert found["SecretString"] == "s3cret"


def test_the_apis_of_a_state_answer(emulator: Emulator, tmp_path: Path) -> None:
    where = "eu-west-1:111122223333"
    arn = f"arn:aws:lambda:{where}:function:work"
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    rest, http = "q1w2e3r4t5", "z9y8x7w6v5"
    part = {"rest_api_id": rest, "resource_id": "abc123", "http_method": "GET"}
    resources = [
        {
            **resource("archive_file.work", output_path="work.zip", source_dir="src", source_file=None),
            "address": "data.archive_file.work",
            "mode": "data",
        },
        resource(
            "aws_lambda_function.work",
            function_name="work",
            runtime="python3.12",
            handler="app.handler",
            filename="work.zip",
            arn=arn,
            environment=[{"variables": {"URL": f"https://{http}.execute-api.eu-west-1.amazonaws.com/live"}}],
        ),
        resource("aws_api_gateway_rest_api.shop", name="shop", id=rest, root_resource_id="root45"),
        resource("aws_api_gateway_resource.x", rest_api_id=rest, parent_id="root45", path_part="x", id="abc123"),
        resource("aws_api_gateway_method.x", **part, authorization="NONE", id=f"agm-{rest}-abc123-GET"),
        resource("aws_api_gateway_method.y", **{**part, "http_method": "PUT"}, authorization="NONE"),
        resource("aws_api_gateway_integration.x", **part, type="AWS_PROXY", integration_http_method="POST", uri=uri),
        resource("aws_api_gateway_deployment.live", rest_api_id=rest, id="dep123"),
        resource("aws_api_gateway_stage.live", rest_api_id=rest, deployment_id="dep123", stage_name="live"),
        resource("aws_apigatewayv2_api.web", name="web", protocol_type="HTTP", id=http),
        resource(
            "aws_apigatewayv2_integration.link",
            api_id=http,
            id="i7n8t9",
            integration_type="AWS_PROXY",
            integration_uri=uri,
            payload_format_version="2.0",
        ),
        resource("aws_apigatewayv2_route.x", api_id=http, route_key="GET /x", target="integrations/i7n8t9"),
        resource("aws_apigatewayv2_route.y", api_id=http, route_key="GET /y", target="integrations/other1"),
        resource("aws_apigatewayv2_stage.live", api_id=http, name="live", id="live"),
        resource("aws_ssm_parameter.same", name="same", type="String", value="abc123"),
    ]
    code = """import os\n\ndef handler(event, context):\n    return {"statusCode": 200, "body": os.environ["URL"]}\n"""
    value = plan([], values={"root_module": {"resources": resources}})
    app = deployed(emulator, tmp_path, value, {"src/app.py": code})
    apis = ("aws_api_gateway_rest_api.shop", "aws_apigatewayv2_api.web")
    url = emulator.client("apigatewayv2").get_api(ApiId=app[apis[1]])["ApiEndpoint"]
    assert [app.request("GET", "/x", api=each).text for each in apis] == [f"{url}/live"] * 2
    assert app.not_emulated == {
        "AWS::ApiGateway::Method (it has no Integration)": ["aws_api_gateway_method.y"],
        "AWS::ApiGatewayV2::Route (its integration other1 is not here)": ["aws_apigatewayv2_route.y"],
    }


def test_resources_that_are_parts_of_others_have_their_effect(emulator: Emulator, tmp_path: Path) -> None:
    where = "eu-west-1:111122223333"
    arn = f"arn:aws:events:{where}:connection/shop/11111111-2222-3333-4444-555555555555"
    called = {"ApiEndpoint": "https://shop.example/x", "Method": "GET", "InvocationConfig": {"ConnectionArn": arn}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": called, "End": True}
    jobs, dead = (f"https://sqs.eu-west-1.amazonaws.com/111122223333/{each}" for each in ("jobs", "dead"))
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{where}:dead", "maxReceiveCount": 1})
    given = {"header": [{"key": "X-Shop", "value": "7", "is_value_secret": False}]}
    parameters = {"api_key": [{"key": "X-Key", "value": "s3cret"}], "invocation_http_parameters": [given]}
    queues = ["aws_sqs_queue.jobs", "aws_sqs_queue.dead"]
    bucket = ["aws_s3_bucket.files"]
    resources = [
        resource(
            "aws_cloudwatch_event_connection.shop",
            name="shop",
            authorization_type="API_KEY",
            auth_parameters=[parameters],
            arn=arn,
        ),
        resource(
            "aws_sfn_state_machine.flow", name="flow", definition=json.dumps({"StartAt": "A", "States": {"A": task}})
        ),
        resource("aws_sqs_queue.jobs", name="jobs", id=jobs, arn=f"arn:aws:sqs:{where}:jobs"),
        resource("aws_sqs_queue.dead", name="dead", id=dead, arn=f"arn:aws:sqs:{where}:dead"),
        resource("aws_sqs_queue_redrive_policy.jobs", queue_url=jobs, redrive_policy=redrive) | {"depends_on": queues},
        resource("aws_sqs_queue_redrive_allow_policy.dead", queue_url=dead, redrive_allow_policy=ALLOW_ALL)
        | {"depends_on": queues},
        resource("aws_s3_bucket.files", bucket="files", id="files"),
        resource("aws_s3_bucket_versioning.files", bucket="files", versioning_configuration=[{"status": "Enabled"}])
        | {"depends_on": bucket},
        resource("aws_kms_key.key", description="a key", id="1234abcd-12ab", key_id="1234abcd-12ab"),
        resource("aws_kms_alias.key", name="alias/key", target_key_id="1234abcd-12ab"),
        resource("aws_kms_key_policy.key", key_id="1234abcd-12ab", policy="{}"),
        resource(
            "aws_cloudwatch_event_archive.all", name="all", event_source_arn=f"arn:aws:events:{where}:event-bus/default"
        ),
    ]
    app = deployed(emulator, tmp_path, plan([], values={"root_module": {"resources": resources}}))
    assert app.not_emulated == {}

    def shop(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([environ["HTTP_X_KEY"], environ["HTTP_X_SHOP"]]).encode()]

    emulator.http("https://shop.example", shop)
    assert emulator.run(app.machine("flow")).output["ResponseBody"] == ["s3cret", "7"]
    sqs = emulator.client("sqs")
    attributes = [sqs.get_queue_attributes(QueueUrl=app[each], AttributeNames=["All"])["Attributes"] for each in queues]
    assert json.loads(attributes[0]["RedrivePolicy"])["deadLetterTargetArn"] == attributes[1]["QueueArn"]
    assert json.loads(attributes[1]["RedriveAllowPolicy"]) == json.loads(ALLOW_ALL)
    assert emulator.client("s3").get_bucket_versioning(Bucket="files")["Status"] == "Enabled"
    assert emulator.client("kms").describe_key(KeyId="alias/key")["KeyMetadata"]["Description"] == "a key"


def test_resources_of_count_and_for_each_are_found_by_their_keys(emulator: Emulator, tmp_path: Path) -> None:
    names = ["aws_sqs_queue.q[0]", "aws_sqs_queue.q[1]"]
    queues = [
        {**resource("aws_sqs_queue.q", name=f"q{number}"), "address": name, "index": number}
        for number, name in enumerate(names)
    ]
    topics = [
        {
            **resource("aws_sns_topic_subscription.s", protocol="sqs", topic_arn="t"),
            "address": f"aws_sns_topic_subscription.s[{n}]",
            "index": n,
        }
        for n in (0, 1)
    ]
    topic = resource("aws_sns_topic.t", name="t")
    changes = [
        {"address": each["address"], "change": {"after_unknown": {"endpoint": True, "topic_arn": True}}}
        for each in topics
    ]
    expressions = {
        "endpoint": {"references": ["aws_sqs_queue.q", "count.index"]},
        "topic_arn": {"references": ["aws_sns_topic.t.arn", "aws_sns_topic.t"]},
    }
    configured = [
        {"type": "aws_sns_topic_subscription", "name": "s", "expressions": expressions},
        {"type": "aws_sqs_queue", "name": "q", "expressions": {}, "count_expression": {"constant_value": 2}},
    ]
    text = (
        'resource "aws_sns_topic_subscription" "s" {\n  count = 2\n  endpoint = aws_sqs_queue.q[count.index].arn\n'
        "  topic_arn = aws_sns_topic.t.arn\n}\n"
    )
    value = plan(
        [*topics, *queues, topic], resource_changes=changes, configuration={"root_module": {"resources": configured}}
    )
    deployed(emulator, tmp_path, value, {"main.tf": text})
    found = emulator.client("sns").list_subscriptions()["Subscriptions"]
    assert [each["Endpoint"] for each in found] == [
        f"arn:aws:sqs:us-east-1:123456789012:q{number}" for number in (0, 1)
    ]


def configured(resources: list[dict[str, Any]], expressions: dict[str, dict[str, Any]], **unknown: Any) -> Any:
    """A plan without its configuration's files: what each attribute refers to, and what is known after apply."""
    written = [
        {"address": each["address"], "type": each["type"], "name": each["name"], "expressions": expressions[name]}
        for each in resources
        if (name := each["address"]) in expressions
    ]
    changes = [{"address": name, "change": {"after_unknown": each}} for name, each in unknown.items()]
    return plan(resources, configuration={"root_module": {"resources": written}}, resource_changes=changes)


FLOW = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def logging_plan(*references: str, **group: Any) -> Any:
    """A machine whose log destination is known after apply, and refers to these names."""
    level = {"level": "ALL", "include_execution_data": True}
    return configured(
        [
            resource("aws_cloudwatch_log_group.log", **group),
            resource("aws_sfn_state_machine.flow", name="flow", definition=FLOW, logging_configuration=[level]),
        ],
        {"aws_sfn_state_machine.flow": {"logging_configuration": [{"log_destination": {"references": references}}]}},
        **{
            "aws_cloudwatch_log_group.log": {"arn": True, "id": True},
            "aws_sfn_state_machine.flow": {"arn": True, "logging_configuration": [{"log_destination": True}]},
        },
    )


@pytest.mark.parametrize(
    "references",
    [
        ["aws_cloudwatch_log_group.log.arn", "aws_cloudwatch_log_group.log"],
        ["var.region", "aws_cloudwatch_log_group.log.id", "aws_cloudwatch_log_group.log"],
    ],
)
def test_a_log_destination_of_a_plan_alone_is_its_log_group(
    emulator: Emulator, tmp_path: Path, references: list[str]
) -> None:
    app = deployed(emulator, tmp_path, logging_plan(*references, name="/aws/vendedlogs/states/flow"))
    emulator.run(app.machine("flow"))
    events = emulator.client("logs").filter_log_events(logGroupName="/aws/vendedlogs/states/flow")["events"]
    assert len(events) == 4
    assert app.not_emulated == app.not_enforced == {}


def test_a_log_destination_that_is_not_found_out_is_not_enforced(emulator: Emulator, tmp_path: Path) -> None:
    app = deployed(emulator, tmp_path, logging_plan("random_pet.x.id", "data.other.group.arn", name="log"))
    place = "aws_sfn_state_machine.flow.logging_configuration.0.log_destination"
    assert app.not_emulated == {"Terraform value that is known only after apply": [place]}
    assert app.not_enforced == {"aws_sfn_state_machine.flow": ["LoggingConfiguration"]}
    assert emulator.run(app.machine("flow")).status == "SUCCEEDED"


def test_attributes_that_services_take_in_one_form_are_composed(emulator: Emulator, tmp_path: Path) -> None:
    function = {"function_name": "work", "runtime": "python3.12", "handler": "app.handler", "image_uri": "i"}
    whole = {"references": ["random_pet.x.id", "random_pet.x"]}
    pet = {**resource("random_pet.x"), "type": "random_pet"}
    value = configured(
        [
            pet,
            resource("aws_sqs_queue.jobs", fifo_queue=True),
            resource("aws_sns_topic.news", fifo_topic=True),
            resource("aws_lambda_function.work", **function),
            resource("aws_cloudwatch_log_group.work"),
        ],
        {
            "aws_sqs_queue.jobs": {"name": whole},
            "aws_sns_topic.news": {"name": whole},
            "aws_cloudwatch_log_group.work": {"name": {"references": ["aws_lambda_function.work.id"]}},
        },
        **{
            "random_pet.x": {"id": True},
            "aws_sqs_queue.jobs": {"name": True},
            "aws_sns_topic.news": {"name": True},
            "aws_cloudwatch_log_group.work": {"name": True},
            "aws_lambda_function.work": {"id": True},
        },
    )
    app = deployed(emulator, tmp_path, value)
    assert app["jobs"].endswith(".fifo")
    assert app["news"].endswith(".fifo")
    groups = emulator.client("logs").describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/aws/lambda/work"]


def test_the_address_of_a_function_is_composed() -> None:
    references = References({"region": "us-east-1", "accountId": "123456789012"})
    arn = references.to("aws_lambda_function.work", "aws_lambda_function", "arn")
    names = [("var.region", "us-east-1"), ("aws_lambda_function.work.arn", arn)]
    found = COMPOSED["aws_api_gateway_integration", "uri"](references, {}, names)
    assert found == references.to("aws_lambda_function.work", "aws_lambda_function", "invoke_arn")
    known = [("aws_lambda_function.work.invoke_arn", "arn:aws:apigateway:us-east-1:lambda:path/x")]
    assert COMPOSED["aws_api_gateway_integration", "uri"](references, {}, known) == known[0][1]


HANDLER = "import os\n\n\ndef handler(event, context):\n    return dict(os.environ).get('TABLE')\n"


def function(name: str = "aws_lambda_function.charge", **more: Any) -> dict[str, Any]:
    of_code = {"function_name": name.rpartition(".")[2], "runtime": "python3.12", "handler": "app.handler"}
    return resource(name, **of_code, **more)


def archive(output: str, **more: Any) -> dict[str, Any]:
    data = {**resource("archive_file.code", output_path=output, **more), "mode": "data"}
    return {**data, "address": "data.archive_file.code"}


def test_a_map_that_refers_to_one_name_is_not_that_names_value(emulator: Emulator, tmp_path: Path) -> None:
    name = "aws_lambda_function.charge"
    references = {"references": ["aws_dynamodb_table.orders.name", "aws_dynamodb_table.orders"]}
    table = resource("aws_dynamodb_table.orders", name="orders", hash_key="id", attribute=[{"name": "id", "type": "S"}])
    value = configured(
        [table, function(filename="c.zip", environment=[{}]), archive("c.zip", source_dir="src")],
        {name: {"environment": [{"variables": references}], "tags": references}},
        **{name: {"environment": [{"variables": True}], "tags": True}},
    )
    app = deployed(emulator, tmp_path, value, {"src/app.py": HANDLER})
    told = [f"{name}.environment.0.variables", f"{name}.tags"]
    assert sorted(app.not_emulated["Terraform value that is known only after apply"]) == told
    answer = emulator.client("lambda").invoke(FunctionName="charge")
    assert json.loads(answer["Payload"].read()) is None


def test_a_module_that_is_not_fetched_gets_what_its_caller_writes(emulator: Emulator, tmp_path: Path) -> None:
    """Such as a module of the registry, whose files lie below ``.terraform``, which is not kept."""
    address = "module.flow.aws_sfn_state_machine.this[0]"
    machine = {
        **resource("aws_sfn_state_machine.this", name="flow", type="STANDARD"),
        "address": address,
        "index": 0,
    }
    written = {"type": "aws_sfn_state_machine", "name": "this", "address": "aws_sfn_state_machine.this"}
    called = {
        "source": "terraform-aws-modules/step-functions/aws",
        "expressions": {"definition": {"references": ["aws_sqs_queue.jobs.url", "aws_sqs_queue.jobs"]}},
        "module": {
            "resources": [{**written, "expressions": {"definition": {"references": ["var.definition"]}}}],
            "variables": {"definition": {}},
        },
    }
    value = plan(
        [resource("aws_sqs_queue.jobs", name="jobs")],
        resource_changes=[{"address": address, "change": {"after_unknown": {"definition": True}}}],
        configuration={"root_module": {"resources": [], "module_calls": {"flow": called}}},
    )
    value["planned_values"]["root_module"]["child_modules"] = [{"address": "module.flow", "resources": [machine]}]
    text = """module "flow" {
  source     = "terraform-aws-modules/step-functions/aws"
  definition = jsonencode({
    StartAt = "Tell"
    States = { Tell = {
      Type = "Task", Resource = "arn:aws:states:::sqs:sendMessage", End = true
      Parameters = { QueueUrl = aws_sqs_queue.jobs.url, "MessageBody.$" = "$.id" }
    } }
  })
}
"""
    app = deployed(emulator, tmp_path, value, {"main.tf": text})
    assert app.not_emulated == {}
    assert emulator.run(app.machine("this[0]"), {"id": "7"}).status == "SUCCEEDED"
    (told,) = emulator.client("sqs").receive_message(QueueUrl=app["jobs"])["Messages"]
    assert told["Body"] == "7"


def test_names_that_several_resources_have_are_told(emulator: Emulator, tmp_path: Path) -> None:
    resources = [
        resource("aws_sqs_queue.orders", name="orders"),
        resource("aws_sns_topic.orders", name="orders"),
        resource("aws_sfn_state_machine.flow", name="flow", definition=FLOW),
    ]
    app = deployed(emulator, tmp_path, plan(resources))
    told = "2 resources have the name 'orders': aws_sqs_queue.orders, aws_sns_topic.orders"
    with pytest.raises(KeyError) as caught:
        app["orders"]
    assert str(caught.value).endswith(f"plan.json: {told}")
    with pytest.raises(EmulatorError, match="no state machine 'flw'\n    fix: Did you mean \"flow\""):
        app.machine("flw")
    with pytest.raises(EmulatorError, match=r"fix: aws_sqs_queue\.orders is of the type AWS::SQS::Queue; its state"):
        app.machine("aws_sqs_queue.orders")
    with pytest.raises(EmulatorError, match="fix: 2 resources have this name"):
        app.machine("orders")


def test_an_output_that_nothing_here_has_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    names = {
        "stage": ["aws_api_gateway_stage.prod.invoke_url", "aws_api_gateway_stage.prod"],
        "whole": ["aws_api_gateway_deployment.now.invoke_url", "aws_api_gateway_deployment.now"],
        "default": ["aws_apigatewayv2_stage.all.invoke_url", "aws_apigatewayv2_stage.all"],
        "callers": ["aws_apigatewayv2_api.http.execution_arn", "aws_apigatewayv2_api.http"],
        "checksum": ["aws_api_gateway_deployment.now.triggers_hash", "aws_api_gateway_deployment.now"],
        "hash": ["aws_lambda_function.charge.code_sha256", "aws_lambda_function.charge"],
    }
    api = {"references": ["aws_api_gateway_rest_api.api.id", "aws_api_gateway_rest_api.api"]}
    http = {"references": ["aws_apigatewayv2_api.http.id", "aws_apigatewayv2_api.http"]}
    value = configured(
        [
            resource("aws_api_gateway_rest_api.api", name="api"),
            resource("aws_api_gateway_deployment.now"),
            resource("aws_api_gateway_stage.prod", stage_name="prod"),
            resource("aws_apigatewayv2_api.http", name="http", protocol_type="HTTP"),
            resource("aws_apigatewayv2_stage.all", name="$default"),
            function(filename="c.zip"),
        ],
        {
            "aws_api_gateway_deployment.now": {"rest_api_id": api},
            "aws_api_gateway_stage.prod": {"rest_api_id": api, "stage_name": {"constant_value": "prod"}},
            "aws_apigatewayv2_stage.all": {"api_id": http},
        },
        **{
            "aws_api_gateway_deployment.now": {"rest_api_id": True, "invoke_url": True},
            "aws_api_gateway_stage.prod": {"rest_api_id": True, "invoke_url": True},
            "aws_apigatewayv2_stage.all": {"api_id": True, "invoke_url": True},
        },
    )
    value["planned_values"]["outputs"] = {name: {"sensitive": False} for name in names}
    value["configuration"]["root_module"]["outputs"] = {
        name: {"expression": {"references": each}} for name, each in names.items()
    }
    app = deployed(emulator, tmp_path, value)
    rest, by_http = (
        f"https://{app[name]}.execute-api.us-east-1.amazonaws.com/"
        for name in ("aws_api_gateway_rest_api.api", "aws_apigatewayv2_api.http")
    )
    callers = f"arn:aws:execute-api:us-east-1:123456789012:{app['aws_apigatewayv2_api.http']}"
    assert app.outputs == {"stage": f"{rest}prod", "whole": rest, "default": by_http, "callers": callers}
    assert app.not_emulated["Terraform value that is known only after apply"] == ["output.checksum", "output.hash"]


def test_a_resource_whose_trigger_is_known_only_after_apply_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    rule = "aws_cloudwatch_event_rule.uploads"
    value = configured(
        [
            resource("aws_s3_bucket.uploads", bucket="uploads"),
            resource("aws_sqs_queue.jobs", name="jobs"),
            resource(rule, name="uploads"),
            resource("aws_cloudwatch_event_target.jobs", rule="uploads"),
        ],
        {
            rule: {"event_pattern": {"references": ["aws_s3_bucket.uploads.id", "aws_s3_bucket.uploads"]}},
            "aws_cloudwatch_event_target.jobs": {
                "rule": {"references": [f"{rule}.name", rule]},
                "arn": {"references": ["aws_sqs_queue.jobs.arn", "aws_sqs_queue.jobs"]},
            },
        },
        **{rule: {"event_pattern": True}, "aws_cloudwatch_event_target.jobs": {"arn": True}},
    )
    app = deployed(emulator, tmp_path, value)
    told = list(app.not_emulated)
    assert f"AWS::Events::Rule ({rule}.event_pattern is known only after apply. Give its value: parameters=" in told[0]
    assert f"Terraform::Events::Target (it needs {rule}, which is not made" in told[1]
    assert app.not_emulated[told[2]] == [f"{rule}.event_pattern"]


def test_what_is_wrong_is_placed_by_its_address(emulator: Emulator, tmp_path: Path) -> None:
    value = plan([resource("aws_cloudwatch_event_rule.daily", name="daily", schedule_expression="rate(1 hours)")])
    with pytest.raises(TemplateError, match=r"plan\.json: aws_cloudwatch_event_rule\.daily: .*ScheduleExpression"):
        deployed(emulator, tmp_path, value)


def test_the_parts_of_a_method_are_put_together(emulator: Emulator, tmp_path: Path) -> None:
    of_method = {"rest_api_id": "aws_api_gateway_rest_api.api.id", "resource_id": "aws_api_gateway_resource.orders.id"}
    above = {"resource_id": "aws_api_gateway_method.post.resource_id"}
    whole: dict[str, dict[str, str]] = {
        "aws_api_gateway_resource.orders": {
            "rest_api_id": of_method["rest_api_id"],
            "parent_id": "aws_api_gateway_rest_api.api.root_resource_id",
        },
        "aws_api_gateway_method.post": of_method,
        "aws_api_gateway_integration.post": {**of_method, **above},
        "aws_api_gateway_integration_response.ok": {**of_method, **above},
        "aws_api_gateway_method_response.ok": {**of_method, **above},
    }
    post = {"http_method": "POST"}
    template = {"application/json": "{\"told\": $input.json('$.a')}"}
    value = configured(
        [
            resource("aws_api_gateway_rest_api.api", name="api"),
            resource("aws_api_gateway_resource.orders", path_part="orders"),
            resource("aws_api_gateway_method.post", **post, authorization="NONE"),
            resource(
                "aws_api_gateway_integration.post",
                **post,
                type="MOCK",
                request_templates={"application/json": '{"statusCode": 200}'},
            ),
            resource("aws_api_gateway_integration_response.ok", **post, status_code="202", response_templates=template),
            resource("aws_api_gateway_method_response.ok", **post, status_code="202"),
        ],
        {name: {attribute: {"references": [each]} for attribute, each in one.items()} for name, one in whole.items()},
        **{name: dict.fromkeys(one, True) for name, one in whole.items()},
    )
    app = deployed(emulator, tmp_path, value)
    assert app.not_emulated == {}
    assert app.request("POST", "/orders", json={"a": 1}).status_code == 202


@pytest.mark.parametrize(
    "data",
    [
        archive("code.zip", source_content=HANDLER, source_content_filename="app.py"),
        {
            **resource(
                "external.archive_prepare",
                query={"source_path": '[{"path":"src","pip_requirements":false}]'},
                result={"filename": "code.zip"},
            ),
            "address": "module.charge.data.external.archive_prepare[0]",
            "mode": "data",
        },
        {
            **resource("external.archive_prepare", query={"source_path": "src"}, result={"filename": "code.zip"}),
            "address": "module.charge.data.external.archive_prepare[0]",
            "mode": "data",
        },
    ],
)
def test_code_that_a_data_source_packs(emulator: Emulator, tmp_path: Path, data: dict[str, Any]) -> None:
    made = function(filename="code.zip", environment=[{"variables": {"TABLE": "orders"}}])
    app = deployed(emulator, tmp_path, plan([made, data]), {"src/app.py": HANDLER})
    assert app.not_emulated == {}
    assert json.loads(emulator.client("lambda").invoke(FunctionName="charge")["Payload"].read()) == "orders"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("main.tf", "", "is Terraform's own language\n    fix: name its plan as JSON: terraform plan -out=plan.bin"),
        ("plan.bin", "PK\x03\x04", "is a packed file"),
        (
            "plan.json",
            '{"format_version": "1.2", "planned_values": {"root_module": {"resources": [1]}}}',
            "plan.json:1:1: a part of it is not as a plan of Terraform has it: TypeError",
        ),
        ("plan.json", '{"format_versoin": "1.2", "planned_values": {}}', 'Did you mean "format_version"'),
    ],
)
def test_what_is_no_plan_is_told(emulator: Emulator, tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(EmulatorError) as caught:
        emulator.deploy(tmp_path / name)
    assert told in str(caught.value)


def test_every_type_that_others_refer_to_has_a_row() -> None:
    assert not [type_ for type_ in ATTRIBUTES if type_ not in ROWS]
    assert not [row for row in ROWS.values() if not isinstance(row.properties({}), dict)]


class Names:
    """A scope with two names."""

    def get(self, tokens: list[Any]) -> Any:
        value: Any = {"var": {"stage": "dev", "list": ["a", "b"], "map": {"x": 1, "y": 2}}, "arn": "arn:x"}
        for token in tokens:
            value = self.below(value, token)
        return value

    def call(self, name: str, arguments: list[Any]) -> Any:
        return FUNCTIONS[name](*arguments)

    def below(self, value: Any, token: Any) -> Any:
        try:
            return value[token]
        except (KeyError, TypeError, IndexError):
            raise HclError(f"there is no {token}") from None

    def within(self, names: Any) -> Any:
        outer = self

        class Inner(Names):
            def get(self, tokens: list[Any]) -> Any:
                return names[tokens[0]] if tokens[0] in names and len(tokens) == 1 else outer.get(tokens)

        return Inner()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a-${var.stage}-$${kept}"', "a-dev-${kept}"),
        ("<<-EOF\n    one\n      ${arn}\n    EOF", "one\n  arn:x\n"),
        ('1 + 2 * 3 == 7 && !false ? "yes" : "no"', "yes"),
        ('jsonencode({ b = [1, true, null], "a.$" = "$.x" })', '{"a.$":"$.x","b":[1,true,null]}'),
        ('[for k, v in var.map : "${k}${v}" if v > 1]', ["y2"]),
        ("{ for item in var.list : item => upper(item) }", {"a": "A", "b": "B"}),
        ("var.list[1]", "b"),
        ('var.map["x"]', 1),
        ("var.list[*]", ["a", "b"]),
        ('merge(var.map, { z = 3 })["z"]', 3),
        ('try(var.nothing, "default")', "default"),
        ('join(",", concat([var.list, ["c"]]...))', "a,b,c"),
        ('format("%s-%d%%", "a", 5)', "a-5%"),
        ("{\n  a = 1 # one\n  b : 2,\n}", {"a": 1, "b": 2}),
        ("-var.map.x", -1),
        ('replace("a/b-1", "/([a-z])-([0-9])/", "$2$1")', "a/1b"),
        ('formatlist("%s-%s", var.list, "z")', ["a-z", "b-z"]),
        ('startswith(upper("abc"), "A") && anytrue([false, true])', True),
        ('slice(concat(var.list, ["c"]), 1, 3)', ["b", "c"]),
        ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
    ],
)
def test_expressions(text: str, expected: Any) -> None:
    block = read_blocks(f"value = {text}\nnext = 1\n")
    assert list(block.attributes) == ["value", "next"]
    assert block.attributes["value"](Names()) == expected


def test_text_that_is_not_read_is_told_with_its_line() -> None:
    with pytest.raises(HclError, match="line 2: a name is missing"):
        read_blocks("a = 1\n? = 2\n")
