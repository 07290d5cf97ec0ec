"""The fixture ``app``: the application of the template that the marker names."""

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TEMPLATE = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Resources": {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Net": {"Type": "AWS::EC2::VPC"},
        "Flow": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": {"Fn::Sub": "flow-${Stage}-${AWS::StackName}"},
                "DefinitionString": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
            },
        },
    },
}
TESTS = """
import pytest

pytestmark = pytest.mark.emulator(template="../template.json", parameters={"Stage": "test"}, leave_out=["Net"])


def test_it_is_deployed_beside_the_emulator(emulator, app):
    assert emulator.run(app.machine("Flow"), {"id": 7}).output == {"id": 7}
    assert app.machine("Flow").name.startswith("flow-test-")
    assert app.not_emulated == {}


@pytest.mark.emulator(parameters={"Stage": "prod"}, stack_name="shop", seed=3)
def test_a_nearer_marker_has_its_own_parameters(app):
    assert app.machine("Flow").name == "flow-prod-shop"
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    (pytester.path / "tests").mkdir()
    return pytester.path


def run(pytester: pytest.Pytester, folder: Path, text: str) -> pytest.RunResult:
    (folder / "tests" / "test_flow.py").write_text(text, encoding="utf-8")
    return pytester.runpytest_inprocess("-p", "asl_emulator", "-p", "no:cacheprovider", "--strict-markers")


def test_it_deploys_the_template_of_the_marker(pytester: pytest.Pytester, folder: Path) -> None:
    run(pytester, folder, TESTS).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("seed=1", 'app needs @pytest.mark.emulator(template="template.yaml")'),
        ("template=7", 'template=7 is not the path of a file; write template="template.yaml"'),
        ('template="x", parameters=["a"]', "parameters=['a'] is not a mapping"),
        ('template="x", leave_out="Net"', "leave_out='Net' is not a list of logical ids"),
        (
            'template="../templat.json"',
            "/templat.json: template='../templat.json' of @pytest.mark.emulator begins at",
        ),
        ('template="../template.json"', "Parameters: [Stage] must have values"),
        ('templte="x"', "no argument is called 'templte', did you mean 'template'?"),
    ],
)
def test_a_wrong_marker_is_told(pytester: pytest.Pytester, folder: Path, marker: str, told: str) -> None:
    text = f"import pytest\n\n@pytest.mark.emulator({marker})\ndef test(app):\n    pass\n"
    result = run(pytester, folder, text)
    assert result.ret == 1
    assert told in "\n".join(result.outlines)


@pytest.mark.parametrize("name", ["template.json", "../template.jsn"])
def test_a_template_that_cannot_be_deployed_is_told_shortly(pytester: pytest.Pytester, folder: Path, name: str) -> None:
    text = f"import pytest\n\n@pytest.mark.emulator(template={name!r})\ndef test(app):\n    pass\n"
    lines = run(pytester, folder, text).outlines
    assert "    fix: template='../template.json'" in lines
    assert f"there is no file {(folder / 'tests' / name).resolve()}: " in "\n".join(lines)
    refused = run(pytester, folder, text.replace(name, "../template.json")).outlines
    assert len(refused) < 20
    assert f"{folder / 'template.json'} cannot be deployed" in refused
