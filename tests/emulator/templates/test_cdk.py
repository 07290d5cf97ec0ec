"""Applications of the CDK: what ``cdk synth`` has written runs as it is, all stacks, with its assets."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError, TemplateError
from emulator.templates import Application

ASSEMBLY = Path(__file__).parent / "applications" / "cdk" / "cdk.out"


@pytest.fixture
def app(emulator: Emulator) -> Application:
    """All stacks of the assembly."""
    return emulator.deploy(ASSEMBLY, parameters={"Stage": "test"})


def test_machines_functions_layers_and_nested_stacks_of_an_assembly_run(emulator: Emulator, app: Application) -> None:
    run = emulator.run(app.machine("Again"), {"order": "o-1", "item": "book"})
    assert run.output == {"order": "o-1", "cost": 12, "stage": "test"}
    assert emulator.client("dynamodb").scan(TableName=app["Orders"])["Items"] == [
        {"id": {"S": "o-1"}, "cost": {"N": "12"}}
    ]
    (message,) = emulator.client("sqs").receive_message(QueueUrl=app["Queue"])["Messages"]
    assert json.loads(message["Body"]) == run.output


def test_a_notification_of_a_bucket_calls_its_function(emulator: Emulator, app: Application) -> None:
    emulator.client("s3").put_object(Bucket=app["Files"], Key="a.txt", Body=b"a")
    emulator.clock.advance(seconds=1)
    assert "KeyError" in emulator.assembly.functions.failed[0]  # the handler asks for an order's item


def test_a_rule_of_an_assembly_starts_its_machine(emulator: Emulator, app: Application) -> None:
    detail = json.dumps({"order": "o-2", "item": "pen"})
    emulator.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": detail}])
    (execution,) = emulator.executions
    assert execution.state_machine is app.machine("Flow")
    assert emulator.finish(execution).output == {"order": "o-2", "cost": 2, "stage": "test"}


@pytest.mark.parametrize("name", ["FlowA74D6E88", "Shop/Flow", "Flow"])
def test_a_resource_has_its_paths_as_names(app: Application, name: str) -> None:
    assert app.machine(name).arn == app[name] == app.outputs["FlowArn"]


def test_stacks_are_applications_of_their_own(app: Application) -> None:
    assert list(app.stacks["Storage"]) == ["OrdersA9B65338"]
    assert app.stacks["Storage"]["Orders"] == app["Orders"]


def test_custom_resources_are_listed(app: Application) -> None:
    assert app.not_emulated["AWS::CloudFormation::CustomResource"] == ["Announce"]


def test_one_template_of_the_folder_has_its_assets(emulator: Emulator) -> None:
    names = [
        "Storage:ExportsOutputFnGetAttOrdersA9B65338Arn17F87B9C",
        "Storage:ExportsOutputRefOrdersA9B6533847015BBC",
    ]
    app = emulator.deploy(ASSEMBLY / "Shop.template.json", imports=dict.fromkeys(names, "orders"))
    assert app.machine("Again7C1AEB74").arn == app["Again7C1AEB74"]


def test_the_folder_above_and_the_manifest_name_the_assembly(emulator: Emulator) -> None:
    assert "FlowArn" in emulator.deploy(ASSEMBLY.parent).outputs
    with Emulator() as another:
        assert "FlowArn" in another.deploy(ASSEMBLY / "manifest.json").outputs


def test_an_account_and_region_of_a_stack_are_the_emulators(emulator: Emulator, tmp_path: Path) -> None:
    copy, arn = assembly(tmp_path), "arn:aws:sqs:eu-west-1:111122223333:jobs"
    edit(
        copy / "manifest.json",
        lambda value: value["artifacts"]["Storage"].update(environment="aws://111122223333/eu-west-1"),
    )
    edit(copy / "Storage.template.json", lambda value: value["Outputs"].update({"Jobs": {"Value": arn}}))
    assert emulator.deploy(copy).outputs["Jobs"] == "arn:aws:sqs:us-east-1:123456789012:jobs"


def test_a_file_that_is_missing_is_told_with_its_place(emulator: Emulator, tmp_path: Path) -> None:
    copy = assembly(tmp_path)
    (copy / "Storage.template.json").unlink()
    with pytest.raises(TemplateError, match=r"manifest\.json:\d+:\d+: there is no file Storage\.template\.json"):
        emulator.deploy(copy)
    (tmp_path / "cdk.json").write_text("{}", encoding="utf-8")
    shutil.rmtree(copy)
    with pytest.raises(EmulatorError, match="fix: write what the CDK makes of it"):
        emulator.deploy(tmp_path)


@pytest.mark.parametrize("name", ["cdk.out", "cdk.out/manifest.json", "."])
def test_an_application_that_is_not_written_yet_says_how(emulator: Emulator, tmp_path: Path, name: str) -> None:
    if name == ".":
        (tmp_path / "cdk.out").mkdir()
    with pytest.raises(EmulatorError, match="fix: write what the CDK makes of it, and name that folder: cdk synth"):
        emulator.deploy(tmp_path / name)


def test_a_folder_names_its_template_of_another_name(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "infra.yaml").write_text("Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n", encoding="utf-8")
    with pytest.raises(EmulatorError, match=r"fix: name the file of the application, such as infra\.yaml"):
        emulator.deploy(tmp_path)


def test_stages_are_assemblies_of_their_own(emulator: Emulator, tmp_path: Path) -> None:
    shutil.copytree(ASSEMBLY, tmp_path / "cdk.out" / "assembly-Prod")
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    manifest = {"version": "48.0.0", "artifacts": {"assembly-Prod": stage, "Tree": {"type": "cdk:tree"}}}
    (tmp_path / "cdk.out" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    app = emulator.deploy(tmp_path / "cdk.out", parameters={"Stage": "prod"})
    assert emulator.run(app.machine("Again"), {"order": "o-1", "item": "book"}).output["stage"] == "prod"


def test_a_function_of_an_image_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    copy = assembly(tmp_path)
    image = {"Code": {"ImageUri": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/cdk:1"}}}
    edit(
        copy / "Shop.template.json",
        lambda value: value["Resources"]["ChargeEC431097"].update(Properties={**image, "PackageType": "Image"}),
    )
    told = emulator.deploy(copy).not_emulated
    assert told["AWS::Lambda::Function (its code is an image)"] == ["ChargeEC431097"]


def test_a_function_whose_asset_is_missing_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    copy = assembly(tmp_path)
    for folder in copy.glob("asset.829*"):
        shutil.rmtree(folder)
    app = emulator.deploy(copy)
    assert ["ChargeEC431097"] in app.not_emulated.values()


def assembly(folder: Path) -> Path:
    """A copy of the assembly that a test may change."""
    return Path(shutil.copytree(ASSEMBLY, folder / "cdk.out"))


def edit(file: Path, change: Any) -> None:
    value = json.loads(file.read_text(encoding="utf-8"))
    change(value)
    file.write_text(json.dumps(value), encoding="utf-8")
