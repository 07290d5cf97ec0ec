"""``emulate check``, ``run`` and ``deploy`` of applications of the CDK and of Serverless."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emulator.cli import main

APPLICATIONS = Path(__file__).parents[1] / "templates" / "applications"
CASES = {
    "cdk/cdk.out": ("Again", {"order": "o-1", "item": "pen"}, {"order": "o-1", "cost": 2, "stage": "dev"}),
    "serverless/serverless.yml": ("deliver", {"id": "p-1", "grams": 2000}, "hello, p-1 of 2 kg"),
}


def emulate(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="emulate")


@pytest.mark.parametrize("name", CASES)
def test_a_machine_of_an_application_runs(name: str) -> None:
    machine, given, output = CASES[name]
    ran = emulate("run", str(APPLICATIONS / name), machine, json.dumps(given), "--quiet")
    assert (json.loads(ran.stdout), ran.exit_code) == (output, 0)
    in_folder = emulate("run", str((APPLICATIONS / name).parent), machine, json.dumps(given), "--quiet")
    assert json.loads(in_folder.stdout) == output


@pytest.mark.parametrize(("name", "machines"), [("cdk/cdk.out", 2), ("serverless/serverless.yml", 2)])
def test_the_machines_of_an_application_are_checked(name: str, machines: int) -> None:
    checked = emulate("check", str(APPLICATIONS / name))
    assert (checked.stdout, checked.exit_code) == ("", 0)
    assert f"{machines} files, no problems" in checked.stderr


def test_a_problem_has_its_place_in_the_file_of_the_definition(tmp_path: Path) -> None:
    shutil.copytree(APPLICATIONS / "serverless", tmp_path / "app")
    file = tmp_path / "app" / "machines" / "deliver.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("Next: Heavy", "Next: Hevy"), encoding="utf-8")
    checked = emulate("check", str(tmp_path / "app" / "serverless.yml"))
    assert checked.exit_code == 1
    assert f"{file}:7:" in checked.stdout


def test_what_an_application_makes_is_listed() -> None:
    listed = emulate("deploy", str(APPLICATIONS / "serverless"), "--list", "--parameter", "stage=test")
    assert "WeighDashparcelLambdaFunction" in listed.stdout
    assert "parcels-test-weigh-parcel" in listed.stdout
