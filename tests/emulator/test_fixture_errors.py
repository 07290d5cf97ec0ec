"""What pytest prints for an error of ours outside the test's own lines: the message, and nothing of our or its code."""

import pytest

pytest_plugins = ["pytester"]

ALONE = ("-p", "asl_emulator", "-p", "no:cacheprovider", "--strict-markers")
TEST = """
import boto3
import pytest

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"
FLOW = {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": FUNCTION, "End": True}}}


@pytest.fixture
def late(emulator):
    yield
    emulator.run(FLOW)


@pytest.fixture
def swallows(emulator):
    yield
    try:
        boto3.client("mturk").get_account_balance()
    except Exception:
        pass


"""


@pytest.fixture
def lines(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[str]:
    """What pytest prints of the one test that is the test's parameter, without the lines about the whole run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makefile(".yaml", template="Resources: {Orders: {Type: AWS::SQS::Queu}}\n")
    pytester.makepyfile(test_one=TEST + request.param)
    shown = pytester.runpytest_inprocess(*ALONE).stdout.lines
    start = next(number for number, line in enumerate(shown) if line.strip("_ ").startswith(("ERROR at", "test_")))
    end = next(number for number, line in enumerate(shown) if "short test summary" in line)
    return shown[start:end]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(
            "def test_a(emulator):\n    emulator.task('Charge').returns(1)\n",
            "test_one.py:24: emulator.task('Charge') was never called: no execution was started",
            id="stub",
        ),
        pytest.param(
            "def test_a(emulator):\n    emulator.faults.fail('dynamodb:PutItem', 'ThrottlingException')\n",
            "faults.fail('dynamodb:PutItem', 'ThrottlingException') was never used",
            id="fault",
        ),
        pytest.param(
            "def test_a(emulator):\n    emulator.tasks.kill(iteration=1)\n",
            "did not happen in this test",
            id="plan",
        ),
        pytest.param("def test_a(emulator, swallows):\n    pass\n", "mturk-requester", id="blocked"),
        pytest.param("def test_a(emulator, app):\n    pass\n", "app needs @pytest.mark.emulator", id="no-template"),
        pytest.param(
            "@pytest.mark.emulator(template='template.yaml')\ndef test_a(app):\n    pass\n",
            "AWS::SQS::Queue",
            id="template",
        ),
        pytest.param(
            "@pytest.mark.emulator(sed=1)\ndef test_a(emulator):\n    pass\n", "did you mean 'seed'", id="marker"
        ),
    ],
    indirect=["lines"],
)
def test_an_error_of_the_fixture_is_its_message_alone(lines: list[str], told: str) -> None:
    text = "\n".join(lines)
    assert told.replace("'", '"') in text.replace("'", '"')
    assert len(lines) <= 10, text
    for ours in ("/emulator/", "/_pytest/", "/pluggy/", "/asl/", "Traceback"):
        assert ours not in text


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("def test_a(emulator, late):\n    pass\n", id="fixture"),
        pytest.param("def test_a(emulator):\n    emulator.run(FLOW)\n", id="test"),
        pytest.param("def test_a(emulator):\n    emulator.deploy('template.yaml')\n", id="template"),
    ],
    indirect=True,
)
def test_an_error_that_the_users_line_led_to_is_shown_at_this_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert ">  " in text
    for ours in ("/emulator/", "/_pytest/", "/pluggy/", "/asl/"):
        assert ours not in text


@pytest.mark.parametrize(
    "lines",
    [
        """
def test_a(emulator):
    flow = {"StartAt": "Save", "States": {
        "Save": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem",
                 "Parameters": {"TableName": "t", "Item": {}},
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Report"}], "Next": "Report"},
        "Report": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync",
                   "Parameters": {"JobName": "etl"}, "Next": "Charge"},
        "Charge": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
    emulator.faults.fail("dynamodb:PutItem", "ThrottlingException")
    emulator.stub("glue:startJobRun.sync").returns({"JobRunState": "SUCCEEDED"})
    emulator.task("Charge").raises("Card.Declined", "no money")
    emulator.run(flow).assert_succeeded()
"""
    ],
    indirect=True,
)
def test_the_section_of_a_failing_test_says_what_was_stubbed_and_faulted_in_few_lines(lines: list[str]) -> None:
    start = next(number for number, line in enumerate(lines) if line.strip("- ") == "emulator")
    section = lines[start + 1 :]
    assert len(section) < 25
    assert "stubbed: function charge (1), glue:startJobRun.sync (1)" in section
    assert "faulted: dynamodb:PutItem ThrottlingException (1)" in section
    assert not any("fix:" in line for line in section)


@pytest.mark.parametrize("lines", ["def test_a(emulator):\n    emulator.run(FLOW)\n"], indirect=True)
def test_the_section_of_a_failing_test_does_not_repeat_what_to_do(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert text.count("fix: emulator.task('Charge').returns(...)") == 1
