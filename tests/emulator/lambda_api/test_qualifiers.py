"""Versions, aliases, and the qualifier of a call: in Invoke, in tasks of both query languages, and in rules' targets.

Texts as recorded on AWS (``lambda_/test_lambda_api``, ``lambda_/test_lambda``).
"""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, NotEmulatedError
from tests.emulator.lambda_api.test_functions import archive, create

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def told(_event: Any, context: Any) -> list[str]:
    return [context.function_version, context.invoked_function_arn]


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    """A client, with the function ``f``, its version 1, and the alias ``live`` of it."""
    emulator.lambda_function("f", told)
    client: LambdaClient = boto3.client("lambda")
    client.publish_version(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return client


def refused(error: "pytest.ExceptionInfo[ClientError]") -> tuple[Any, ...]:
    told = error.value.response
    return told["Error"]["Code"], told["Error"]["Message"], told["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("reference", "qualifier", "version", "arn"),
    [
        ("f", None, "$LATEST", ARN),
        ("f", "$LATEST", "$LATEST", f"{ARN}:$LATEST"),
        ("f", "1", "1", f"{ARN}:1"),
        ("f:live", None, "1", f"{ARN}:live"),
        ("123456789012:function:f:1", "1", "1", f"{ARN}:1"),
        (f"{ARN}:live", "live", "1", f"{ARN}:live"),
    ],
)
def test_a_call_runs_the_version_that_its_qualifier_names(
    functions: "LambdaClient", reference: str, qualifier: str | None, version: str, arn: str
) -> None:
    given: Any = {"Qualifier": qualifier} if qualifier else {}
    answered = functions.invoke(FunctionName=reference, **given)
    assert answered["ExecutedVersion"] == version
    assert json.load(answered["Payload"]) == [version, arn]


@pytest.mark.parametrize(
    ("reference", "qualifier"), [("f", "nope"), ("f", "7"), ("f:nope", None), (f"{ARN}:nope", None), ("f:nope", "nope")]
)
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_an_unknown_version_or_alias_is_not_found(
    functions: "LambdaClient", reference: str, qualifier: str | None, kind: Any
) -> None:
    given: Any = {"Qualifier": qualifier} if qualifier else {}
    with pytest.raises(functions.exceptions.ResourceNotFoundException) as error:
        functions.invoke(FunctionName=reference, InvocationType=kind, **given)
    named = qualifier or "nope"
    assert refused(error) == ("ResourceNotFoundException", f"Function not found: {ARN}:{named}", 404)


def test_a_missing_function_is_not_found_at_latest(functions: "LambdaClient") -> None:
    with pytest.raises(ClientError, match=r"Function not found: .*:function:g:\$LATEST"):
        functions.invoke(FunctionName="g")


def test_two_qualifiers_must_be_one(functions: "LambdaClient") -> None:
    with pytest.raises(ClientError) as error:
        functions.invoke(FunctionName="f:live", Qualifier="1")
    text = "The derived qualifier from the function name does not match the specified qualifier."
    assert refused(error) == ("InvalidParameterValueException", text, 400)


def tasks(reference: str, qualifier: str | None) -> list[dict[str, Any]]:
    """The ways of a task to call it: by ``lambda:invoke`` in both query languages, and by ARN."""
    arguments = {"FunctionName": reference, **({"Qualifier": qualifier} if qualifier else {})}
    state = {"Type": "Task", "Resource": INVOKE, "End": True}
    found: list[dict[str, Any]] = [
        {"StartAt": "A", "States": {"A": {**state, "Parameters": arguments}}},
        {"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {**state, "Arguments": arguments}}},
    ]
    if reference.startswith("arn:") and qualifier is None:
        found.append({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": reference, "End": True}}})
    return found


@pytest.mark.parametrize(("reference", "qualifier"), [("f", "nope"), ("f:nope", None), (f"{ARN}:nope", None)])
def test_a_task_that_calls_an_unknown_version_fails(
    emulator: Emulator, functions: "LambdaClient", reference: str, qualifier: str | None
) -> None:
    for flow in tasks(reference, qualifier):
        run = emulator.run(flow)
        assert run.error == "Lambda.ResourceNotFoundException"
        assert run.cause is not None
        assert run.cause.startswith(f"Function not found: {ARN}:nope (Service: AWSLambda; Status Code: 404; ")


def test_a_task_calls_a_version_and_says_which(emulator: Emulator, functions: "LambdaClient") -> None:
    for flow in tasks("f", "live") + tasks("f:live", None):
        output = emulator.run(flow).output
        assert (output["ExecutedVersion"], output["Payload"]) == ("1", ["1", f"{ARN}:live"])
        assert output["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"] == "1"
    assert emulator.run(tasks(f"{ARN}:live", None)[-1]).output == ["1", f"{ARN}:live"]


def test_a_dry_run_of_a_task_calls_nothing(emulator: Emulator) -> None:
    calls: list[Any] = []
    emulator.lambda_function("f", lambda event, _: calls.append(event))
    parameters = {"FunctionName": "f", "InvocationType": "DryRun"}
    task = {"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "End": True}
    assert emulator.run({"StartAt": "A", "States": {"A": task}}).output["StatusCode"] == 204
    assert calls == []


def test_a_rule_calls_an_alias_and_tells_of_an_unknown_one(emulator: Emulator, functions: "LambdaClient") -> None:
    seen: list[str] = []
    emulator.lambda_function("f", lambda _, context: seen.append(context.invoked_function_arn))
    events = boto3.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": f"{ARN}:$LATEST"}, {"Id": "2", "Arn": f"{ARN}:nope"}])
    events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
    assert seen == [f"{ARN}:$LATEST"]
    assert [each.reason for each in emulator.bus.undelivered] == [f"there is no function {ARN}:nope"]


def test_a_version_keeps_its_code_and_settings(functions: "LambdaClient") -> None:
    made = create(functions, "g", app="import os\ndef handler(e, c):\n    return ['one', os.environ.get('WHO')]\n")
    one = functions.publish_version(FunctionName="g", Description="first")
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{made['FunctionArn']}:1", "first")
    again = functions.publish_version(FunctionName="g", Description="other")
    assert (again["Version"], again["Description"], again["RevisionId"]) == ("1", "first", one["RevisionId"])

    functions.update_function_code(FunctionName="g", ZipFile=archive(app="def handler(e, c):\n    return 'two'\n"))
    two = functions.update_function_configuration(FunctionName="g", Environment={"Variables": {"WHO": "me"}})
    assert two["Version"] == "$LATEST"
    assert functions.publish_version(FunctionName="g", CodeSha256=two["CodeSha256"])["Version"] == "2"
    called = [json.load(functions.invoke(FunctionName="g", Qualifier=q)["Payload"]) for q in ("1", "2", "$LATEST")]
    assert called == [["one", None], "two", "two"]
    listed = functions.list_versions_by_function(FunctionName="g")["Versions"]
    assert [(each["Version"], each.get("Environment")) for each in listed] == [
        ("$LATEST", {"Variables": {"WHO": "me"}}),
        ("1", None),
        ("2", {"Variables": {"WHO": "me"}}),
    ]
    assert not any("State" in each for each in listed)

    functions.delete_function(FunctionName="g", Qualifier="2")
    functions.update_function_configuration(FunctionName="g", Timeout=9)
    assert functions.publish_version(FunctionName="g")["Version"] == "3", "a number is not used again"


def test_publish_of_create_and_of_update(functions: "LambdaClient") -> None:
    common: Any = {"FunctionName": "g", "Runtime": "python3.12", "Handler": "app.handler", "Role": ARN, "Publish": True}
    made = functions.create_function(**common, Code={"ZipFile": archive(app="def handler(e, c):\n    return 1\n")})
    assert (made["Version"], made["FunctionArn"][-2:]) == ("1", ":g")
    two = archive(app="def handler(e, c):\n    return 2\n")
    assert functions.update_function_code(FunctionName="g", ZipFile=two, Publish=True)["Version"] == "2"
    assert json.load(functions.invoke(FunctionName="g:1")["Payload"]) == 1


def test_revisions_and_checksums_are_compared(functions: "LambdaClient") -> None:
    create(functions, "g", app="")
    with pytest.raises(ClientError) as error:
        functions.publish_version(FunctionName="g", RevisionId="old")
    text = (
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the latest Revision Id"
    )
    assert refused(error) == ("PreconditionFailedException", text, 412)
    with pytest.raises(ClientError, match=r"CodeSHA256 \(x\) is different from current CodeSHA256 in \$LATEST"):
        functions.publish_version(FunctionName="g", CodeSha256="x")
    revision = functions.get_function(FunctionName="g")["Configuration"]["RevisionId"]
    after = functions.update_function_configuration(FunctionName="g", Timeout=4, RevisionId=revision)
    assert after["RevisionId"] != revision
    with pytest.raises(ClientError, match="PreconditionFailedException"):
        functions.update_alias(FunctionName="f", Name="live", RevisionId=revision)


def test_an_alias_is_shown_listed_moved_and_deleted(functions: "LambdaClient") -> None:
    shown = functions.get_alias(FunctionName="f", Name="live")
    assert (shown["AliasArn"], shown["FunctionVersion"], shown["Description"]) == (f"{ARN}:live", "1", "")
    functions.create_alias(FunctionName="f", Name="dev", FunctionVersion="$LATEST")
    assert [each["Name"] for each in functions.list_aliases(FunctionName="f")["Aliases"]] == ["dev", "live"]
    one = functions.list_aliases(FunctionName="f", FunctionVersion="1")["Aliases"]
    assert [each["Name"] for each in one] == ["live"]
    got = functions.get_function(FunctionName="f", Qualifier="live")["Configuration"]
    assert (got["Version"], got["FunctionArn"]) == ("1", f"{ARN}:live")
    functions.update_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST", Description="moved")
    assert functions.invoke(FunctionName="f:live")["ExecutedVersion"] == "$LATEST"
    functions.delete_alias(FunctionName="f", Name="live")
    functions.delete_alias(FunctionName="f", Name="live")
    with pytest.raises(ClientError, match=f"Cannot find alias arn: {ARN}:live"):
        functions.get_alias(FunctionName="f", Name="live")
    with pytest.raises(ClientError, match=f"Function not found: {ARN}:live"):
        functions.invoke(FunctionName="f:live")


def test_an_alias_shares_its_calls_by_weight(emulator: Emulator, functions: "LambdaClient") -> None:
    emulator.lambda_function("f", told, timeout_seconds=9)
    functions.publish_version(FunctionName="f")
    shared: Any = {"FunctionName": "f", "Name": "live", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}}}
    assert functions.update_alias(**shared)["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    ran = [functions.invoke(FunctionName="f:live")["ExecutedVersion"] for _ in range(40)]
    assert set(ran) == {"1", "2"}
    assert 4 <= ran.count("2") <= 18
    shared["RoutingConfig"] = {"AdditionalVersionWeights": {}}
    assert "RoutingConfig" not in functions.update_alias(**shared)


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"Name": "live"}, "ResourceConflictException", f"Alias already exists: {ARN}:live"),
        ({"Name": "12"}, "ValidationException", "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
        ({"FunctionVersion": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}},
            "InvalidParameterValueException",
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 2.0}}},
            "ValidationException",
            "Value '{1=2.0}' at 'routingConfig.additionalVersionWeights'",
        ),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
    ],
)
def test_a_wrong_alias_is_refused(functions: "LambdaClient", given: Any, code: str, message: str) -> None:
    with pytest.raises(ClientError) as error:
        functions.create_alias(**{"FunctionName": "f", "Name": "new", "FunctionVersion": "1", **given})
    assert refused(error)[0] == code
    assert message in refused(error)[1]


def test_a_version_is_deleted_alone_but_not_under_an_alias(functions: "LambdaClient") -> None:
    with pytest.raises(ClientError, match="ResourceConflictException"):
        functions.delete_function(FunctionName="f", Qualifier="1")
    with pytest.raises(ClientError, match=r"\$LATEST version cannot be deleted without deleting the function"):
        functions.delete_function(FunctionName="f:$LATEST")
    functions.delete_alias(FunctionName="f", Name="live")
    functions.delete_function(FunctionName="f:1")
    with pytest.raises(ClientError, match=f"Function not found: {ARN}:1"):
        functions.get_function(FunctionName="f", Qualifier="1")
    functions.delete_function(FunctionName="f")
    with pytest.raises(ClientError, match=f"Function not found: {ARN}"):
        functions.list_versions_by_function(FunctionName="f")


WHOLE: Any = {
    "update_function_code": {"ZipFile": archive(app="")},
    "update_function_configuration": {"Timeout": 9},
    "publish_version": {},
    "create_alias": {"Name": "new", "FunctionVersion": "1"},
    "update_alias": {"Name": "live", "Description": "x"},
    "get_alias": {"Name": "live"},
    "delete_alias": {"Name": "live"},
    "list_aliases": {},
    "list_versions_by_function": {},
    "put_function_concurrency": {"ReservedConcurrentExecutions": 1},
}


@pytest.mark.parametrize("reference", ["f:nope", "f:live", f"{ARN}:1", "123456789012:function:f:$LATEST"])
@pytest.mark.parametrize("method", WHOLE)
def test_what_is_about_a_whole_function_takes_no_qualifier(
    functions: "LambdaClient", method: str, reference: str
) -> None:
    before = functions.get_function_configuration(FunctionName="f")
    with pytest.raises(ClientError) as error:
        getattr(functions, method)(FunctionName=reference, **WHOLE[method])
    code = refused(error)[0]
    assert code in ("InvalidParameterValueException", "ValidationException")  # the latter by the operation's pattern
    after = functions.get_function_configuration(FunctionName="f")
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}
    assert [each["Name"] for each in functions.list_aliases(FunctionName="f")["Aliases"]] == ["live"]


@pytest.mark.parametrize("reference", ["g:live", f"{ARN}:live", "123456789012:function:g:1", "g:$LATEST"])
def test_a_function_is_registered_and_created_without_a_qualifier(
    emulator: Emulator, functions: "LambdaClient", reference: str
) -> None:
    with pytest.raises(EmulatorError, match=r"register '[fg]', then call publish_version, and create_alias"):
        emulator.lambda_function(reference, print)
    with pytest.raises(ClientError) as error:
        create(functions, reference, app="")
    assert refused(error)[0] in ("InvalidParameterValueException", "ValidationException")
    assert [each["FunctionName"] for each in functions.list_functions()["Functions"]] == ["f"]
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == ["$LATEST", ARN]


@pytest.mark.parametrize(
    ("reference", "code", "message"),
    [
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:g",
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
        ("arn:aws:lambda:us-east-1:999999999999:function:g", "AccessDeniedException", "not authorized"),
        ("999999999999:function:g", "AccessDeniedException", "not authorized"),
    ],
)
def test_a_function_is_created_in_the_clients_region_and_account(
    emulator: Emulator, functions: "LambdaClient", reference: str, code: str, message: str
) -> None:
    with pytest.raises(ClientError) as error:
        create(functions, reference, app="")
    assert refused(error)[0] == code
    assert message in refused(error)[1]
    assert [each.name for each in emulator.assembly.functions.all()] == ["f"]


def test_uploaded_code_does_not_replace_a_python_function(emulator: Emulator, functions: "LambdaClient") -> None:
    with pytest.raises(NotEmulatedError, match=r"UpdateFunctionCode: f was registered as a Python object"):
        functions.update_function_code(FunctionName="f", ZipFile=archive(app=""))
    emulator.blocked.clear()
