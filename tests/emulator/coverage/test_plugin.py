"""``pytest --asl-cov``: the table, the floor, the reports, merged over workers, definitions of every kind."""

# ruff: noqa: E501 - tables are as wide here as they are printed

import inspect
import json
from pathlib import Path
from xml.etree import ElementTree

import boto3
import pytest

from emulator import Emulator
from emulator.coverage import plugin
from tests.docs import pages

pytest_plugins = ["pytester"]

ALONE = ("-p", "asl_emulator", "-p", "no:cacheprovider")

ORDER = """{
  "StartAt": "Pick",
  "States": {
    "Pick": {
      "Type": "Choice",
      "Choices": [
        {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}
      ],
      "Default": "Small"
    },
    "Big": {"Type": "Pass", "End": true},
    "Small": {"Type": "Pass", "End": true}
  }
}
"""
UNUSED = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
YAML = """
StartAt: First
States:
  First:
    Type: Pass
    Next: Last
  Last:
    Type: Fail
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Only
        States:
          Only: {Type: Succeed}
  Bills:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Other
        States:
          Other: {Type: Succeed}
"""
TESTS = """
def test_small(emulator):
    emulator.run("order.asl.json", {"n": 1})

def test_large(emulator):
    pass
"""


@pytest.fixture(scope="module", autouse=True)
def _imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import once what pytester would else import anew, and forget, for each test."""
    template = tmp_path_factory.mktemp("template") / "template.yaml"
    template.write_text(TEMPLATE)
    with Emulator() as world:
        world.run(world.deploy(template).machine("Orders"))
        boto3.client("stepfunctions", region_name="us-east-1").list_state_machines()
    assert plugin.Session.__name__ == "Session"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".asl.json", order=ORDER)
    pytester.makepyfile(test_order=TESTS)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    return project.runpytest_inprocess(*ALONE, *options)


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the section."""
    lines = [line.rstrip() for line in result.stdout.lines]
    start = next(number for number, line in enumerate(lines) if "ASL coverage" in line)
    end = next(number for number in range(start + 1, len(lines)) if lines[number].startswith("==="))
    return [line for line in lines[start + 1 : end] if line]


def test_the_table_has_every_kind_and_the_places_of_what_is_missing(project: pytest.Pytester) -> None:
    project.makefile(".asl.json", unused=UNUSED)
    assert section(run(project, "--asl-cov")) == [
        "machine          states  transitions  rules  catch  retry  missing",
        "order.asl.json      2/3          2/4    1/2      -      -  order.asl.json:7 Pick: rule 1 was never true",
        "                                                           order.asl.json:7 Pick never went to Big",
        "                                                           order.asl.json:11 Big was never entered",
        "unused.asl.json     0/1            -      -      -      -  unused.asl.json never ran",
        "TOTAL               2/4          2/4    1/2      -      -  50.00 % taken",
    ]


def test_nothing_is_measured_or_said_without_the_option(project: pytest.Pytester) -> None:
    assert "ASL coverage" not in run(project).stdout.str()


def test_a_floor_fails_the_run_that_does_not_reach_it(project: pytest.Pytester) -> None:
    result = run(project, "--asl-cov", "--asl-cov-fail-under=90")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert section(result)[-1] == "90 % of ASL coverage is not reached: 55.55 %"
    result = run(project, "--asl-cov", "--asl-cov-fail-under=50")
    assert result.ret == pytest.ExitCode.OK
    assert section(result)[-1] == "50 % of ASL coverage is reached: 55.55 %"


def test_definitions_of_every_kind_count(project: pytest.Pytester) -> None:
    project.makefile(".yaml", flow=YAML, template=TEMPLATE)
    project.makepyfile(
        test_order="""
        from pathlib import Path
        import boto3

        def test_yaml(emulator):
            emulator.run("flow.yaml")

        def test_code(emulator):
            machine = emulator.state_machine(
                {"StartAt": "A", "States": {"A": {"Type": "Wait", "SecondsPath": "$.x", "End": True}}}, name="InCode")
            emulator.run(machine, {})

        def test_template(emulator):
            emulator.run(emulator.deploy("template.yaml").machine("Orders"))

        def test_boto3(emulator):
            client = boto3.client("stepfunctions")
            arn = client.create_state_machine(
                name="other", roleArn="arn:aws:iam::123456789012:role/r", definition=Path("order.asl.json").read_text()
            )["stateMachineArn"]
            client.start_execution(stateMachineArn=arn, input='{"n": 6}')
        """
    )
    assert section(run(project, "--asl-cov")) == [
        "machine                states  transitions  rules  catch  retry  missing",
        "flow.yaml                 2/2          1/1      -      -      -",
        "order.asl.json            2/3          2/4    1/2      -      -  order.asl.json:7 Pick: rule 1 was never false",
        "                                                                 order.asl.json:9 Pick never went to Small",
        "                                                                 order.asl.json:12 Small was never entered",
        "template.yaml: Bills      0/1            -      -      -      -  template.yaml: Bills never ran",
        "template.yaml: Orders     1/1            -      -      -      -",
        "InCode                    1/1          0/1      -      -      -  InCode at /States/A/End A never ended its branch",
        "TOTAL                     6/8          3/6    1/2      -      -  62.50 % taken",
    ]


def test_paths_say_which_files_count(project: pytest.Pytester) -> None:
    project.makefile(".asl.json", unused=UNUSED)
    shown = section(run(project, "--asl-cov=unused.asl.json"))
    assert [line.split()[0] for line in shown] == ["machine", "unused.asl.json", "TOTAL"]


def test_a_definition_that_changes_meanwhile_has_two_rows(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_order="""
        from pathlib import Path

        def test_before(emulator):
            emulator.run("order.asl.json", {"n": 1})

        def test_after(emulator):
            path = Path("order.asl.json")
            path.write_text(path.read_text().replace("Big", "Huge"))
            emulator.run("order.asl.json", {"n": 1})
        """
    )
    names = [line.split()[0] for line in section(run(project, "--asl-cov")) if line[:1].strip()]
    assert names == ["machine", "order.asl.json", "order.asl.json", "TOTAL"]


def test_an_execution_that_never_ends_counts(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_order="""
        def test_waits(emulator):
            wait = {"Type": "Wait", "Seconds": 9, "End": True}
            emulator.start({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": wait}})
        """
    )
    assert section(run(project, "--asl-cov", "--asl-cov-report=term"))[-2].split()[:3] == ["StateMachine", "2/2", "1/2"]


def test_workers_are_merged(project: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    project.makepyfile(
        test_small='def test_small(emulator): emulator.run("order.asl.json", {"n": 1})',
        test_order='def test_large(emulator): emulator.run("order.asl.json", {"n": 9})',
    )
    result = run(project, "-p", "xdist", "-n", "2", "--dist=loadfile", "--asl-cov", "--asl-cov-fail-under=100")
    assert section(result)[1:] == [
        "order.asl.json     3/3          4/4    2/2      -      -",
        "TOTAL              3/3          4/4    2/2      -      -  100.00 % taken",
        "100 % of ASL coverage is reached: 100.00 %",
    ]
    assert result.ret == pytest.ExitCode.OK


def test_the_settings_are_in_pyproject(project: pytest.Pytester) -> None:
    project.makepyprojecttoml(
        """
        [tool.asl-emulator.coverage]
        paths = ["order.asl.json"]
        reports = ["markdown:out/coverage.md"]
        fail_under = 99
        code = false
        """
    )
    result = run(project, "--asl-cov")
    assert section(result) == [
        "ASL coverage: markdown written to out/coverage.md",
        "99 % of ASL coverage is not reached: 55.55 %",
    ]
    assert Path("out/coverage.md").read_text() == (
        "### ASL coverage: 55.55 %\n\n"
        "| machine | states | transitions | rules | catch | retry |\n"
        "| --- | --: | --: | --: | --: | --: |\n"
        "| `order.asl.json` | 2/3 | 2/4 | 1/2 | - | - |\n"
        "| TOTAL | 2/3 | 2/4 | 1/2 | - | - |\n\n"
        "Missing:\n\n"
        "- order.asl.json:7 Pick: rule 1 was never true\n"
        "- order.asl.json:7 Pick never went to Big\n"
        "- order.asl.json:11 Big was never entered\n"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--asl-cov-report=html"], "need --asl-cov: pytest --asl-cov ..."),
        (["--asl-cov-fail-under=90"], "need --asl-cov: pytest --asl-cov ..."),
        (["--asl-cov", "--asl-cov-report=htlm"], """'htlm' is not a report of ASL coverage. Did you mean "html"?"""),
        (["--asl-cov", "--asl-cov-fail-under=much"], "'much' is not a percentage: give a number from 0 to 100"),
        (["--asl-cov=nowhere"], "there is no nowhere (looked for"),
    ],
)
def test_what_makes_no_sense_is_refused(project: pytest.Pytester, options: list[str], told: str) -> None:
    result = run(project, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in result.stderr.str()


def test_a_setting_that_does_not_exist_is_refused(project: pytest.Pytester) -> None:
    project.makepyprojecttoml("[tool.asl-emulator.coverage]\nfail_undr = 90\n")
    told = run(project, "--asl-cov").stderr.str()
    assert '[tool.asl-emulator.coverage] has no key fail_undr. Did you mean "fail_under"?' in told


def test_the_reports_in_files(project: pytest.Pytester) -> None:
    reports = [f"--asl-cov-report={name}" for name in ("lcov", "cobertura", "json", "html")]
    assert section(run(project, "--asl-cov", *reports)) == [
        "ASL coverage: lcov written to asl-coverage.lcov",
        "ASL coverage: cobertura written to asl-coverage.xml",
        "ASL coverage: json written to asl-coverage.json",
        "ASL coverage: html written to asl-coverage.html",
    ]
    assert Path("asl-coverage.lcov").read_text().splitlines() == [
        "TN:",
        "SF:order.asl.json",
        "BRDA:7,0,0,0",
        "BRDA:7,0,1,1",
        "BRDA:7,0,2,0",
        "BRDA:9,0,0,1",
        "BRDA:11,0,0,-",
        "BRDA:12,0,0,1",
        "BRF:6",
        "BRH:3",
        "DA:4,1",
        "DA:7,1",
        "DA:9,1",
        "DA:11,0",
        "DA:12,1",
        "LF:5",
        "LH:4",
        "end_of_record",
    ]
    root = ElementTree.parse("asl-coverage.xml").getroot()
    assert (root.get("lines-covered"), root.get("lines-valid"), root.get("branches-covered")) == ("4", "5", "3")
    (of_class,) = root.iter("class")
    assert of_class.get("filename") == "order.asl.json"
    shares = {line.get("number"): line.get("condition-coverage") for line in of_class.iter("line")}
    assert shares == {"4": None, "7": "33% (1/3)", "9": "100% (1/1)", "11": "0% (0/1)", "12": "100% (1/1)"}
    document = json.loads(Path("asl-coverage.json").read_text())
    assert (document["format"], document["percent"]) == (1, 55.56)
    (definition,) = document["definitions"]
    assert (definition["taken"], definition["all"], definition["ran"]) == (5, 9, True)
    assert definition["goals"][1] == {
        "kind": "rule",
        "state": "Pick",
        "pointer": "/States/Pick/Choices/0",
        "outcome": "true",
        "to": None,
        "line": 7,
        "taken": False,
        "text": "Pick: rule 1 was never true",
    }
    page = Path("asl-coverage.html").read_text()
    assert "<h1>ASL coverage: 55.55 %</h1>" in page
    assert 'class="miss"><i>11</i>' in page
    assert "<small>Pick: rule 1 was never true; Pick never went to Big</small>" in page


def test_the_table_in_the_docs_is_what_its_example_prints(project: pytest.Pytester) -> None:
    files = pages.files("docs/coverage.md")
    project.makepyfile(test_order=files["test_order.py"])
    Path("order.asl.json").write_text(files["order.asl.json"])
    shown = next(each.text for each in pages.blocks("docs/coverage.md") if each.text.startswith("machine "))
    assert section(run(project, "--asl-cov")) == shown.splitlines()


def test_lines_are_those_of_the_file_before_substitutions_and_in_a_text_of_a_template(project: pytest.Pytester) -> None:
    state = '"Only": {"Type": "Pass", "Comment": "${Text}", "End": true}'
    Path("order.asl.json").write_text(f'{{"StartAt": "Only",\n"Comment": "${{Text}}",\n"States": {{\n{state}}}}}\n')
    template = """
    Resources:
      Orders:
        Type: AWS::StepFunctions::StateMachine
        Properties:
          RoleArn: arn:aws:iam::123456789012:role/r
          DefinitionString: |
            {"StartAt": "Only", "States": {
              "Only": {"Type": "Pass", "Result": 1,
                "End": true}}}
    """
    Path("template.yaml").write_text(inspect.cleandoc(template) + "\n")
    project.makepyfile(
        test_order="""
        def test_both(emulator):
            emulator.deploy("template.yaml")
            machine = emulator.state_machine("order.asl.json", substitutions={"Text": "x" * 50})
            emulator.run(machine)
        """
    )
    run(project, "--asl-cov", "--asl-cov-report=json")
    lines = {
        (each["part"], goal["pointer"]): goal["line"]
        for each in json.loads(Path("asl-coverage.json").read_text())["definitions"]
        for goal in each["goals"]
    }
    assert lines == {
        (None, "/States/Only"): 4,
        (None, "/States/Only/End"): 4,
        ("Orders", "/States/Only"): 8,
        ("Orders", "/States/Only/End"): 9,
    }
