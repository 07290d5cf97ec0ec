"""The code of a template's functions: layers, packages, and what is missing to run it, by name and with the command."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from emulator import BlockedCallError, Emulator, MissingHandlerError, NodeHandler, NotEmulatedError, TemplateError
from emulator.templates.resources.needs import missing_in_node
from tests.needs import needs_node

FLOW = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": {"Fn::GetAtt": ["Work", "Arn"]}, "End": True}}}


def deployed(emulator: Emulator, folder: Path, files: dict[str, str], layers: dict[str, Any], **function: Any) -> Any:
    """An application with the function ``Work`` of these files, its layers, and a machine that calls it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    work = {
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "CodeUri": "src/",
        "Layers": [{"Ref": i} for i in layers],
    }
    metadata = function.pop("Metadata", {})
    resources = {
        **layers,
        "Work": {"Type": "AWS::Serverless::Function", "Properties": work | function, "Metadata": metadata},
        "Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": FLOW}},
    }
    (folder / "template.json").write_text(
        json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}), encoding="utf-8"
    )
    return emulator.deploy(folder / "template.json", stack_name="s")


def layer(folder: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": folder}, **more}


def reason(app: Any) -> str:
    """Why the function cannot run here."""
    (listed,) = (key for key, ids in app.not_emulated.items() if ids == ["Work"])
    return str(listed)


def test_a_handler_finds_the_modules_of_its_layers_and_no_other_function_does(
    emulator: Emulator, tmp_path: Path
) -> None:
    files = {
        "src/app.py": "import prices, common\n\ndef handler(event, context):\n    return [prices.NAME, common.NAME]\n",
        "one/python/prices.py": "NAME = 'one'\n",
        "two/python/prices.py": "NAME = 'two'\n",
        "two/python/lib/python3.12/site-packages/common.py": "NAME = 'site-packages'\n",
        "other/app.py": "def handler(event, context):\n    import prices\n",
    }
    app = deployed(emulator, tmp_path, files, {"One": layer("one"), "Two": layer("two")})
    assert emulator.run(app.machine("Flow")).output == ["two", "site-packages"]
    emulator.lambda_function("other", "app.handler", code=tmp_path / "other")
    answer = json.loads(emulator.client("lambda").invoke(FunctionName="other")["Payload"].read())
    assert answer["errorMessage"] == "No module named 'prices'"


@pytest.mark.parametrize("operation", ["invoke", "get_function", "publish_version"])
def test_a_request_for_a_function_that_cannot_run_is_refused_with_the_reason(
    emulator: Emulator, tmp_path: Path, operation: str
) -> None:
    """A "Function not found" would be taken for AWS's answer, by a Catch of the machine or by the handler's own."""
    files = {"src/app.py": "import no_such_package\n\ndef handler(event, context):\n    return 1\n"}
    app = deployed(emulator, tmp_path, files, {})
    told = r"(?s)the code of .* cannot run here \(lambda:\w+\): .*no_such_package.*emulator.lambda_function\("
    with pytest.raises(NotEmulatedError, match=told):
        getattr(emulator.client("lambda"), operation)(FunctionName=app["Work"])
    emulator.blocked.clear()
    emulator.lambda_function(app["Work"], lambda event, context: 7)
    assert emulator.client("lambda").invoke(FunctionName=app["Work"])["Payload"].read() == b"7"


def test_a_layer_that_sam_builds_has_its_modules_at_the_top(emulator: Emulator, tmp_path: Path) -> None:
    files = {
        "src/app.py": "import prices\n\ndef handler(event, context):\n    return prices.NAME\n",
        "one/prices.py": "NAME = 1\n",
    }
    app = deployed(emulator, tmp_path, files, {"One": layer("one", Metadata={"BuildMethod": "python3.12"})})
    assert emulator.run(app.machine("Flow")).output == 1


def test_a_package_is_unpacked(emulator: Emulator, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as file:
        file.writestr("app.py", "def handler(event, context):\n    return 'unpacked'\n")
    app = deployed(emulator, tmp_path, {}, {}, CodeUri="code.zip")
    assert emulator.run(app.machine("Flow")).output == "unpacked"


def test_a_package_that_is_not_installed_is_told_with_the_command(emulator: Emulator, tmp_path: Path) -> None:
    files = {
        "src/app.py": "import helper\n\ndef handler(event, context):\n    return 1\n",
        "src/helper.py": "from aws_nowhere_sdk.core import recorder\n",
        "src/requirements.txt": "# tools\naws-nowhere-sdk==2.1\nboto3\n",
    }
    app = deployed(emulator, tmp_path, files, {})
    file = tmp_path / "src" / "requirements.txt"
    assert f"it imports aws_nowhere_sdk, which is not installed here ({file} names aws-nowhere-sdk)" in reason(app)
    with pytest.raises(MissingHandlerError, match="imports aws_nowhere_sdk") as caught:
        emulator.run(app.machine("Flow"))
    assert f"fix: pip install -r {file}; or emulator.lambda_function(" in str(caught.value)


def test_imports_that_may_fail_are_left_to_the_call(emulator: Emulator, tmp_path: Path) -> None:
    code = "try:\n    import nowhere\nexcept ImportError:\n    pass\n\ndef handler(event, context):\n    return 1\n"
    app = deployed(emulator, tmp_path, {"src/app.py": code}, {})
    assert emulator.run(app.machine("Flow")).output == 1


@pytest.mark.parametrize(
    ("runtime", "package", "version"), [("nodejs16.x", "aws-sdk", 2), ("nodejs20.x", "@aws-sdk/client-s3", 3)]
)
def test_the_sdk_that_a_runtime_of_node_has_is_named(
    emulator: Emulator, tmp_path: Path, runtime: str, package: str, version: int
) -> None:
    files = {"src/app.js": f"const sdk = require('{package}');\nexports.handler = async () => 1;\n"}
    told = reason(deployed(emulator, tmp_path, files, {}, Runtime=runtime))
    assert f"it imports {package}, which is not installed here (the runtime {runtime} has version {version}" in told
    assert f"fix: npm install --prefix {tmp_path / 'src'} --no-save {package}" in told


def test_packages_of_node_are_installed_by_npm(emulator: Emulator, tmp_path: Path) -> None:
    files = {
        "src/app.mjs": "import { v4 } from 'uuid';\nimport fs from 'node:fs';\nimport './other.mjs';\n",
        "src/other.mjs": "import Ajv from 'ajv/dist/core';\n",
        "src/package.json": "{}",
    }
    told = reason(deployed(emulator, tmp_path, files, {}, Runtime="nodejs20.x"))
    assert (
        f"it imports ajv, uuid, which are not installed here\n    fix: npm install --prefix {tmp_path / 'src'}" in told
    )


@needs_node
def test_packages_of_node_may_lie_above_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "node_modules/dep/index.js": "module.exports = 7;\n",
        "services/a/src/app.js": "const dep = require('dep');\nexports.handler = async () => dep;\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "services" / "a")
    assert missing_in_node(NodeHandler("app.handler"), Path("src"), (), "nodejs20.x") is None


@needs_node
def test_a_handler_in_node_finds_the_packages_of_its_layers(emulator: Emulator, tmp_path: Path) -> None:
    files = {
        "src/app.js": "const prices = require('prices');\nexports.handler = async () => prices.name;\n",
        "one/nodejs/node_modules/prices/index.js": "exports.name = 'layer';\n",
    }
    app = deployed(emulator, tmp_path, files, {"One": layer("one")}, Runtime="nodejs20.x")
    assert emulator.run(app.machine("Flow")).output == "layer"


@needs_node
def test_a_handler_in_node_finds_the_files_of_its_layers_at_opt(emulator: Emulator, tmp_path: Path) -> None:
    code = "const own = require('/opt/nodejs/own');\nconst { built } = require('/opt/nodejs/lib/built.js');\n"
    files = {
        "src/app.js": f"{code}exports.handler = async () => [own.name, built, 'ASL_EMULATOR_LAYERS' in process.env];\n",
        "one/nodejs/own.js": "exports.name = 'own';\n",
        "two/lib/built.js": "exports.built = 'built';\n",
    }
    layers = {"One": layer("one"), "Two": layer("two", Metadata={"BuildMethod": "nodejs20.x"})}
    app = deployed(emulator, tmp_path, files, layers, Runtime="nodejs20.x")
    assert emulator.run(app.machine("Flow")).output == ["own", "built", False]


def test_typescript_is_built_first(emulator: Emulator, tmp_path: Path) -> None:
    files = {"src/app.ts": "export const handler = async () => 1;\n"}
    told = reason(deployed(emulator, tmp_path, files, {}, Runtime="nodejs20.x", Metadata={"BuildMethod": "esbuild"}))
    assert "app.handler is TypeScript in" in told
    assert "its Metadata says BuildMethod: esbuild" in told
    assert "fix: build it first: sam build Work, and deploy .aws-sam/build/template.yaml" in told


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"PackageType": "Image", "ImageUri": "shop:latest"}, "its code is an image"),
        ({"Runtime": "go1.x"}, "its runtime is go1.x; Python and Node.js run here"),
        ({"CodeUri": "s3://bucket/code.zip"}, "its code is not in a folder beside the template"),
    ],
)
def test_what_does_not_run_here_has_a_handler_in_its_place(
    emulator: Emulator, tmp_path: Path, properties: Any, told: str
) -> None:
    app = deployed(emulator, tmp_path, {}, {}, **properties)
    assert told in reason(app)
    with pytest.raises(MissingHandlerError, match=rf"fix: emulator\.lambda_function\('{app['Work']}', your_function\)"):
        emulator.run(app.machine("Flow"))
    emulator.lambda_function(app["Work"], lambda event, context: "in its place")
    assert emulator.run(app.machine("Flow")).output == "in its place"


BROKEN = """
Resources:
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      CodeUri: src
      Handler: app.handlr
      AutoPublishAlias: live
      Events:
        Put: {Type: S3, Properties: {Bucket: !Ref Files, Events: "s3:ObjectCreated:*"}}
  Files: {Type: AWS::S3::Bucket}
Transform: AWS::Serverless-2016-10-31
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context): return 1\n", encoding="utf-8")
    (tmp_path / "template.yaml").write_text(BROKEN, encoding="utf-8")
    return tmp_path / "template.yaml"


def test_a_trigger_of_a_broken_function_tells_the_functions_own_reason(broken: Path) -> None:
    def put() -> None:
        with Emulator() as emulator:
            app = emulator.deploy(broken)
            emulator.client("s3").put_object(Bucket=app["Files"], Key="a", Body=b"1")

    with pytest.raises(BlockedCallError) as error:
        put()
    told = str(error.value)
    assert "after s3:PutObject AWS would have started ChargePut" in told
    assert f"it needs Charge, whose code cannot run here: {broken}:8:7: app.handlr: module" in told
    assert "has no 'handlr'. Did you mean \"handler\"?" in told
    assert f"fix: correct Handler at {broken}:8:7" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Handler: app.handlr", "Handler: ap.handler", ":8:7 Charge: ap.handler: there is no module ap. Did you mean"),
        (
            "CodeUri: src",
            "InlineCode: 'def handler(a, b): ...'",
            ":8:7 Charge: app.handlr: module index.py has no 'handlr'",
        ),
        ("CodeUri: src", "CodeUri: scr", ":7:7 Charge: there is no folder"),
        ("Handler: app.handlr", "Description: none", ":5:5 Charge: it has no Handler"),
    ],
)
def test_a_function_that_is_wrong_is_told_with_its_place_in_the_template(
    emulator: Emulator, broken: Path, before: str, after: str, told: str
) -> None:
    broken.write_text(BROKEN.replace(before, after), encoding="utf-8")
    app = emulator.deploy(broken)
    states = {"A": {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:123456789012:function:{app['Charge']}"}}
    states["A"]["End"] = True  # type: ignore[assignment]
    with pytest.raises(MissingHandlerError) as error:
        emulator.run({"StartAt": "A", "States": states})
    assert f"{broken}{told}" in str(error.value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("3000", "Value '3000' at 'timeout' failed to satisfy constraint: Member must have value less than or equal"),
        ("0", "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ],
)
def test_a_timeout_that_lambda_refuses(emulator: Emulator, broken: Path, value: str, told: str) -> None:
    broken.write_text(BROKEN.replace("AutoPublishAlias: live", f"Timeout: {value}"), encoding="utf-8")
    with pytest.raises(TemplateError) as error:
        emulator.deploy(broken)
    assert str(error.value).startswith(f"{broken}:9:7: 1 validation error detected: {told}")


def test_packages_of_inline_code_are_installed_beside_the_template(emulator: Emulator, tmp_path: Path) -> None:
    code = "const a = require('axios')\nexports.handler = async () => a.one"
    properties = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Code": {"ZipFile": code}}
    resources = {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    (why,) = emulator.deploy(template, stack_name="first").not_emulated
    assert f"npm install --prefix {tmp_path} --no-save axios" in why
    (tmp_path / "node_modules" / "axios").mkdir(parents=True)
    (tmp_path / "node_modules" / "axios" / "index.js").write_text("exports.one = 1\n", encoding="utf-8")
    app = emulator.deploy(template, stack_name="second")
    assert not app.not_emulated
    assert emulator.client("lambda").invoke(FunctionName=app["F"])["Payload"].read() == b"1"


def test_code_for_a_newer_python_names_both_versions(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.templates.resources.code.sys", SimpleNamespace(version_info=Version(3, 11)))
    (tmp_path / "app.py").write_text("def handler(event, context) ->\n")
    properties = "{Runtime: python3.12, Handler: app.handler, Code: .}"
    (tmp_path / "template.yaml").write_text(
        f"Resources: {{Newer: {{Type: AWS::Lambda::Function, Properties: {properties}}}}}\n"
    )
    told = str(emulator.deploy(tmp_path / "template.yaml").not_emulated)
    assert "Its runtime is python3.12, and Python 3.11 runs here" in told
    assert "fix: run the tests with Python 3.12" in told


class Version(NamedTuple):
    """A version of Python."""

    major: int
    minor: int
