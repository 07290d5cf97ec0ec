"""Functions made by Lambda's own API: a script that sets up AWS sets up an emulator, code and all.

Shapes: service model ``lambda/2015-03-31``.
"""

import functools
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, NotEmulatedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ROLE = "arn:aws:iam::123456789012:role/shop"


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    client: LambdaClient = boto3.client("lambda")
    assert client.meta.region_name == emulator.region
    return client


def archive(**modules: str) -> bytes:
    """A zip file of modules by name; ``__`` in a name is a folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as into:
        for name, source in modules.items():
            into.writestr(name.replace("__", "/") + ".py", source)
    return content.getvalue()


def create(functions: "LambdaClient", name: str, **modules: str) -> dict[str, Any]:
    return dict(
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": archive(**modules)},
        )
    )


def test_a_function_created_from_a_zip_file_runs_as_a_task(emulator: Emulator, functions: "LambdaClient") -> None:
    made = create(functions, "charge", app="import prices\ndef handler(order, _):\n    return prices.of(order)\n",
                  prices="def of(order):\n    return {'price': 7 * order['count']}\n")  # fmt: skip
    flow = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": made["FunctionArn"], "End": True}}}
    assert emulator.run(flow, {"count": 6}).output == {"price": 42}
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:charge"
    assert (made["State"], made["Timeout"], made["MemorySize"]) == ("Active", 3, 128)
    assert "app" not in sys.modules
    assert "prices" not in sys.modules


def test_modules_of_one_name_are_each_functions_own_and_stay_loaded(functions: "LambdaClient") -> None:
    counting = "import state\ndef handler(event, _):\n    state.calls += 1\n    return [state.NAME, state.calls]\n"
    for name in ("first", "second"):
        create(functions, name, app=counting, state=f"NAME = {name!r}\ncalls = 0\n")
    called = [json.load(functions.invoke(FunctionName=n)["Payload"]) for n in ("first", "second", "first")]
    assert called == [["first", 1], ["second", 1], ["first", 2]]


def test_a_module_of_the_tests_own_name_is_untouched(functions: "LambdaClient") -> None:
    create(functions, "f", app="import json\ndef handler(event, _):\n    return json.NAME\n", json="NAME = 'mine'\n")
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == "mine"
    assert sys.modules["json"] is json


@pytest.mark.parametrize("place", ["time__notes", "time____init__", "time"])
def test_a_built_in_module_wins_over_the_functions_own(
    emulator: Emulator, functions: "LambdaClient", place: str
) -> None:
    """``time`` stays the one whose ``sleep`` takes virtual time."""
    source = "import time\ndef handler(event, _):\n    time.sleep(2)\n    return time.time()\n"
    create(functions, "f", app=source, **{place: ""})
    began = emulator.clock.now()
    loaded = sys.modules["time"]
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) >= began.timestamp() + 2
    assert sys.modules["time"] is loaded


@pytest.mark.parametrize(("name", "path"), [("abc", "abc"), ("json", "json__notes")], ids=["frozen", "no package"])
def test_a_module_that_the_folder_does_not_hide_is_the_loaded_one(
    functions: "LambdaClient", name: str, path: str
) -> None:
    """A frozen module is found before any folder, a regular module anywhere before a folder without ``__init__.py``."""
    create(functions, "f", app=f"import {name}\ndef handler(event, _):\n    return id({name})\n", **{path: ""})
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == id(sys.modules[name])


def test_a_module_may_be_imported_by_the_handler_itself(functions: "LambdaClient") -> None:
    source = "def handler(event, _):\n    from shop.late import word\n    return word\n"
    create(functions, "f", app=source, shop__late="word = 'late'\n", shop____init__="")
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == "late"


def test_code_that_is_not_there_is_told_in_lambdas_words_when_it_is_called(functions: "LambdaClient") -> None:
    create(functions, "f", other="")
    answered = functions.invoke(FunctionName="f")
    assert answered["FunctionError"] == "Unhandled"
    assert json.load(answered["Payload"]) == {
        "errorMessage": "Unable to import module 'app': No module named 'app'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }


def test_traces_show_the_path_that_lambda_has(functions: "LambdaClient") -> None:
    create(functions, "f", app="def handler(event, _):\n    raise LookupError('no card')\n")
    told = json.load(functions.invoke(FunctionName="f")["Payload"])
    assert told["stackTrace"] == ["  File \"/var/task/app.py\", line 2, in handler\n    raise LookupError('no card')\n"]


def test_code_comes_from_s3_and_changes(emulator: Emulator, functions: "LambdaClient") -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="one.zip", Body=archive(app="import os\ndef handler(e, c):\n    return 1\n"))
    code: Any = {"S3Bucket": "code", "S3Key": "one.zip"}
    common: Any = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE}
    functions.create_function(**common, Code=code, Timeout=9, Environment={"Variables": {"WHO": "me"}})
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == 1

    who = archive(app="import os\ndef handler(e, c):\n    return os.environ['WHO']\n")
    before = functions.get_function_configuration(FunctionName="f")
    after = functions.update_function_code(FunctionName="f", ZipFile=who)
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == "me"
    assert before["CodeSha256"] != after["CodeSha256"]
    assert (after["Timeout"], after["CodeSize"]) == (9, len(who))

    functions.update_function_configuration(FunctionName="f", Environment={"Variables": {"WHO": "you"}}, MemorySize=512)
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == "you"
    shown = functions.get_function(FunctionName="f")["Configuration"]
    assert (shown["MemorySize"], shown["Timeout"], shown["CodeSize"]) == (512, 9, len(who))

    with pytest.raises(ClientError, match=r"S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not"):
        functions.update_function_code(FunctionName="f", S3Bucket="code", S3Key="two.zip")


def test_functions_are_listed_and_deleted_however_they_were_made(emulator: Emulator, functions: "LambdaClient") -> None:
    create(functions, "b", app="def handler(event, _):\n    return 1\n")
    emulator.lambda_function("a", create)
    listed = functions.list_functions()["Functions"]
    assert [(each["FunctionName"], each["Handler"]) for each in listed] == [("a", "create"), ("b", "app.handler")]
    functions.delete_function(FunctionName="b")
    for gone in (functions.get_function, functions.delete_function, functions.invoke):
        with pytest.raises(ClientError, match=r"Function not found: arn:aws:lambda:us-east-1:123456789012:function:b"):
            gone(FunctionName="b")


def test_a_waiter_finds_the_function_active(functions: "LambdaClient") -> None:
    create(functions, "f", app="")
    functions.get_waiter("function_active_v2").wait(FunctionName="f")


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"FunctionName": "taken"}, "ResourceConflictException", "Function already exist: taken"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Code": {"ZipFile": archive()}}, "InvalidParameterValueException", "non-empty zip"),
        ({"Code": {"S3Bucket": "code"}}, "InvalidParameterValueException", "S3Key is None; it must be text"),
        ({"Timeout": 901}, "InvalidParameterValueException", "timeout_seconds is 901; Lambda allows 1 to 900"),
        ({"Handler": ""}, "InvalidParameterValueException", "Handler is ''; it must be text"),
    ],
)
def test_what_lambda_refuses_is_refused(
    emulator: Emulator, functions: "LambdaClient", changed: Any, code: str, message: str
) -> None:
    emulator.lambda_function("taken", create)
    right: Any = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE}
    with pytest.raises(ClientError) as refused:
        functions.create_function(**{**right, "Code": {"ZipFile": archive(app="")}, **changed})
    assert refused.value.response["Error"]["Code"] == code
    assert message in refused.value.response["Error"]["Message"]
    assert emulator.assembly.functions.get("f") is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Runtime": "java21"}, "Runtime='java21' of f does not run here"),
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "PackageType=Image is not emulated"),
        ({"Layers": ["arn:aws:lambda:us-east-1:1:layer:a:1"]}, "CreateFunction: Layers=["),
        ({"FileSystemConfigs": [{"Arn": "arn:x", "LocalMountPath": "/mnt"}]}, "CreateFunction: FileSystemConfigs=["),
        ({"Code": {"ZipFile": b"", "S3ObjectVersion": "1"}}, "Code.S3ObjectVersion is not emulated"),
    ],
)
def test_what_is_not_emulated_is_named(functions: "LambdaClient", changed: Any, message: str) -> None:
    right: Any = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE}
    with pytest.raises(NotEmulatedError) as refused:
        functions.create_function(**{**right, "Code": {"ZipFile": archive(app="")}, **changed})
    assert message in str(refused.value)


def test_uploaded_code_is_deleted_with_its_emulator() -> None:
    with Emulator() as emulator:
        create(emulator.client("lambda"), "f", app="def handler(event, _):\n    return __file__\n")
        file = Path(json.load(emulator.client("lambda").invoke(FunctionName="f")["Payload"]))
        assert file.is_file()
    assert not file.exists()


def test_a_folder_of_code_is_one_functions_own(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, _):\n    return event + 1\n")
    arn = emulator.lambda_function("f", "app.handler", code=tmp_path)
    flow = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}
    assert emulator.run(flow, 1).output == 2
    with pytest.raises(EmulatorError, match=r"code='src' is not a folder"):
        emulator.lambda_function("g", "app.handler", code="src")
    with pytest.raises(EmulatorError, match=r"handler is a name in it"):
        emulator.lambda_function("g", create, code=tmp_path)


def test_a_function_that_was_registered_has_a_revision(emulator: Emulator, functions: "LambdaClient") -> None:
    emulator.lambda_function("f", lambda event, _: event)
    shown = functions.get_function_configuration(FunctionName="f")
    assert shown["RevisionId"] == functions.get_function(FunctionName="f")["Configuration"]["RevisionId"]
    changed = functions.update_function_configuration(FunctionName="f", Timeout=7, RevisionId=shown["RevisionId"])
    assert changed["RevisionId"] != shown["RevisionId"]
    with pytest.raises(ClientError, match="PreconditionFailedException"):
        functions.update_function_configuration(FunctionName="f", Timeout=8, RevisionId=shown["RevisionId"])


@pytest.mark.parametrize("member", ["TenantId", "DurableExecutionName"])
def test_a_call_for_a_tenant_or_a_durable_execution_is_refused(
    emulator: Emulator, functions: "LambdaClient", member: str
) -> None:
    emulator.lambda_function("f", lambda event, _: event)
    call: Any = functions.invoke
    with pytest.raises(NotEmulatedError, match=f"Invoke: {member}='x' is not emulated"):
        call(FunctionName="f", **{member: "x"})


def test_a_handler_without_a_name_of_its_own_is_listed_by_its_type(
    emulator: Emulator, functions: "LambdaClient"
) -> None:
    def work(_extra: int, event: Any, _context: Any) -> Any:
        return event

    emulator.lambda_function("partial", functools.partial(work, 1))
    emulator.lambda_function("mock", Mock(return_value=1))
    listed = functions.list_functions()["Functions"]
    assert {each["FunctionName"]: each["Handler"] for each in listed} == {"partial": "partial", "mock": "Mock"}
    assert functions.get_function(FunctionName="mock")["Configuration"]["Handler"] == "Mock"
