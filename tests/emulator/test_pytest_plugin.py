"""The plugin as users meet it: the fixture, the marker, and the texts of failing tests."""

import itertools
import os
import socket
import subprocess
import sys

import boto3
import pytest

from emulator import Emulator

pytest_plugins = ["pytester"]

ALONE = ("-p", "asl_emulator", "-p", "no:cacheprovider", "--strict-markers")
"""With ``PYTEST_DISABLE_PLUGIN_AUTOLOAD``: other plugins' imports would take most of the time."""

FLOW = """
import time

import boto3
import pytest

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


def task(name, **fields):
    return {"Type": "Task", "Resource": FUNCTION + name, **({} if "Next" in fields else {"End": True}), **fields}


def flow(**states):
    return {"StartAt": next(iter(states)), "States": states}


def charge(event, context):
    time.sleep(2)
    raise TimeoutError("gateway did not answer")

"""


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Import once what pytester would else import anew, and forget, for each test."""
    with Emulator() as world:
        world.lambda_function("now", lambda *_: None)
        arn = "arn:aws:lambda:us-east-1:123456789012:function:now"
        world.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}})
        boto3.client("events", region_name="us-east-1").list_rules()
        boto3.client("sqs", region_name="us-east-1").list_queues()
        boto3.client("dynamodb", region_name="us-east-1").list_tables()
        boto3.client("stepfunctions", region_name="us-east-1").list_state_machines()


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    for name in ("CI", "BUILD_NUMBER"):  # where they are set, pytest prints longer summaries
        monkeypatch.delenv(name, raising=False)
    return Run(pytester)


class Run:
    """Runs a test file behind ``FLOW`` in this process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, text: str, *options: str) -> pytest.RunResult:
        self.pytester.makepyfile(test_flow=FLOW + text)
        return self.pytester.runpytest_inprocess(*ALONE, *options)


def text_of(result: pytest.RunResult) -> str:
    return result.stdout.str()


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the first section ``emulator``."""
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if line.strip("- ") == "emulator")
    return [line for line in lines[start + 1 :] if not line.startswith(("=", "_", "FAILED"))]


def test_the_fixture_is_a_fresh_world_for_each_test(run: Run) -> None:
    run(
        """
@pytest.mark.parametrize("turn", [1, 2])
def test_fresh(emulator, turn):
    assert emulator.executions == []
    assert emulator.clock.now().isoformat() == "2030-01-01T00:00:00+00:00"
    emulator.run(flow(Wait={"Type": "Wait", "Seconds": 86400, "End": True})).assert_succeeded()
    boto3.client("dynamodb").create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
"""
    ).assert_outcomes(passed=2)


def test_the_option_gives_latencies_to_tests_that_have_none(run: Run) -> None:
    result = run(
        """
QUEUES = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {}, "End": True}


def test_takes_time(emulator):
    assert emulator.run(flow(T=QUEUES)).elapsed.total_seconds() > 0


@pytest.mark.emulator(latencies={"sqs": 5})
def test_takes_its_own(emulator):
    assert emulator.run(flow(T=QUEUES)).elapsed.total_seconds() == 5
""",
        "--emulator-latencies=aws",
    )
    result.assert_outcomes(passed=2)


def test_a_marker_with_wrong_latencies_says_what_to_write(run: Run) -> None:
    result = run(
        """
@pytest.mark.emulator(latencies="fast")
def test_it(emulator):
    pass
"""
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*latencies=\'fast\': write latencies="none", latencies="aws" or*'])


def test_relative_paths_begin_at_the_folder_of_the_test_file(run: Run) -> None:
    run.pytester.path.joinpath("hello.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}', encoding="utf-8"
    )
    run(
        """
def test_path(emulator, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert emulator.run("hello.asl.json", [1]).output == [1]
"""
    ).assert_outcomes(passed=1)


def test_the_marker_says_how_the_emulator_begins_and_the_nearest_wins(run: Run) -> None:
    run(
        """
from datetime import UTC, datetime, timedelta, timezone

pytestmark = pytest.mark.emulator(start="2031-05-06T07:08:09Z", region="eu-central-1")


def test_of_the_module(emulator):
    assert emulator.clock.now() == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert emulator.region == boto3.client("stepfunctions").meta.region_name == "eu-central-1"


@pytest.mark.emulator(start=datetime(2040, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), seed="seven")
def test_of_the_test(emulator):
    assert emulator.clock.now() == datetime(2040, 1, 1, tzinfo=UTC)
    assert emulator.region == "eu-central-1"
    first = emulator.run(flow(A={"Type": "Pass", "End": True}))
    from emulator import Emulator
    with Emulator(seed="seven") as other:
        assert other.run(flow(A={"Type": "Pass", "End": True})).name == first.name


def test_without_the_fixture():
    pass
"""
    ).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            "strat='2030-01-01T00:00:00Z'",
            "no argument is called 'strat', did you mean 'start'? It takes start, seed, reg",
        ),
        ("timeout=3", "no argument is called 'timeout'. It takes start, seed, region"),
        ("'2030-01-01T00:00:00Z'", "name the argument of '2030-01-01T00:00:00Z': it takes start, seed, region"),
        ("start='soon'", "start='soon' is not a point in time; write start=\"2030-01-01T00:00:00Z\""),
        ("start=7", 'start=7 is not a point in time; write start="2030-01-01T00:00:00Z"'),
        ("start='2030-01-01T10:00:00'", 'has no time zone; write start="2030-01-01T10:00:00Z" for UTC'),
        ("seed=1.5", "seed=1.5 is neither a whole number nor text"),
        ("missing_function='fial'", "missing_function='fial': write missing_function=\"raise\" or"),
        ("region='Frankfurt'", "region='Frankfurt' is not an AWS region; write region=\"eu-central-1\""),
    ],
)
def test_a_wrong_marker_is_one_clear_line(run: Run, arguments: str, text: str) -> None:
    result = run(f"@pytest.mark.emulator({arguments})\ndef test_marked(): ...\n")
    result.assert_outcomes(errors=1)
    shown = text_of(result)
    assert "\ntest_flow.py::test_marked: @pytest.mark.emulator: " in shown
    assert text in shown
    assert "Traceback" not in shown
    assert "During handling" not in shown
    assert "pytest_plugin.py" not in shown


def test_two_values_of_one_argument_on_a_test_are_refused(run: Run) -> None:
    result = run(
        """
@pytest.mark.emulator(seed=1)
@pytest.mark.emulator(seed=2, region="eu-central-1")
def test_marked(emulator): ...


@pytest.mark.emulator(seed=1)
class TestOfAClass:
    @pytest.mark.emulator(seed=2)
    @pytest.mark.emulator(region="eu-central-1")
    def test_near(self, emulator):
        assert emulator.region == "eu-central-1"
"""
    )
    result.assert_outcomes(errors=1, passed=1)
    assert "@pytest.mark.emulator: seed is given twice, 2 and 1; keep one of them" in text_of(result)


def test_the_marker_is_listed(run: Run) -> None:
    result = run.pytester.runpytest_inprocess(*ALONE, "--markers")
    result.stdout.fnmatch_lines(
        ["@pytest.mark.emulator(start=datetime(2030, 1, 1, tzinfo=UTC), seed=0, *, dynamodb_ttl=*): *"]
    )


def test_a_failing_assertion_shows_the_way_of_the_execution(run: Run) -> None:
    result = run(
        """
def test_order(emulator):
    emulator.lambda_function("charge", charge)
    definition = flow(
        Check={"Type": "Pass", "Next": "Charge"},
        Charge=task("charge", Retry=[{"ErrorEquals": ["TimeoutError"], "MaxAttempts": 1}], Next="Ship"),
        Ship={"Type": "Succeed"},
    )
    run = emulator.run(definition, {"order": 7}, name="order-7")
    assert run.status == "SUCCEEDED"
"""
    )
    result.assert_outcomes(failed=1)
    lines = section(result)
    number = FLOW.strip().splitlines().index('    raise TimeoutError("gateway did not answer")') + 1
    assert lines[0] == "the clock is at 2030-01-01T00:00:05Z"
    assert lines[1].startswith("StateMachine:order-7 FAILED at Charge after 5 s of virtual time (")
    assert lines[1].endswith(" real)")
    assert lines[2:] == [
        "  path     Check -> Charge (2 attempts, failed)",
        '  input    {"order": 7}',
        "  error    TimeoutError",
        "  cause    gateway did not answer",
        "  handler  of Charge: TimeoutError: gateway did not answer",
        f'           File "{run.pytester.path / "test_flow.py"}", line {number}, in charge',
        '             raise TimeoutError("gateway did not answer")',
    ]


def test_a_caught_error_is_marked_and_its_handler_shown(run: Run) -> None:
    result = run(
        """
def test_order(emulator):
    emulator.lambda_function("charge", charge)
    definition = flow(
        Charge=task("charge", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Refund"}]),
        Refund={"Type": "Succeed"},
    )
    run = emulator.run(definition)
    assert run.path[-1] == "Shipped"
"""
    )
    lines = section(result)
    assert "  path     Charge (caught) -> Refund" in lines
    assert '  output   {"Error":"TimeoutError","Cause":' in "\n".join(lines)
    assert "  handler  of Charge: TimeoutError: gateway did not answer" in lines


def test_assert_succeeded_says_it_once_and_shows_no_line_of_ours(run: Run) -> None:
    result = run(
        """
def test_order(emulator):
    emulator.lambda_function("charge", charge)
    emulator.run(flow(Charge=task("charge"))).assert_succeeded()
"""
    )
    shown = text_of(result)
    assert shown.count("  path     Charge (failed)") == 1
    assert ">       assert_succeeded" not in shown
    assert "execution.py" not in shown
    assert " emulator ---" not in shown


def test_assertions_of_a_run_show_no_line_of_ours(run: Run) -> None:
    result = run(
        """
def test_order(emulator):
    emulator.lambda_function("charge", lambda order, context: {"paid": 7})
    run = emulator.run(flow(Charge=task("charge")))
    run.assert_path(["Charge"]).assert_called("Charge", times=1).assert_succeeded(output={"paid": 8})
"""
    )
    shown = text_of(result)
    assert "AssertionError: StateMachine: the output is not the expected one\n" in shown
    assert "$.paid: 7, expected 8" in shown
    assert "ends.py" not in shown
    assert "execution.py" not in shown
    assert "  path     Charge" in section(result)


def test_errors_for_people_show_the_test_line_and_the_message_only(run: Run) -> None:
    result = run(
        """
def test_missing_handler(emulator):
    emulator.lambda_function("chrge", charge)
    emulator.run(flow(Charge=task("charge")))


def test_bad_definition(emulator):
    emulator.run({"StartAt": "A", "States": {"A": {"Type": "Pass", "Nxt": "B"}}})


def test_no_file(emulator):
    emulator.run("ordr.asl.json")


def test_refused(emulator):
    boto3.client("mturk").get_account_balance()


def test_stuck(emulator):
    activity = emulator.client("stepfunctions").create_activity(name="approve")["activityArn"]
    emulator.run(flow(Approve={"Type": "Task", "Resource": activity, "End": True}))
"""
    )
    result.assert_outcomes(failed=5)
    shown = text_of(result)
    for line in (
        "E       emulator.errors.MissingHandlerError: no handler for arn:aws:lambda:us-east-1:123456789012:",
        ":function:charge (state 'Charge' of definition). Did you mean 'chrge'?",
        "E           fix: emulator.lambda_function('charge', your_function)",
        "E       asl.problems.DefinitionError: definition:1:51: SCHEMA_VALIDATION_FAILED Field 'Nxt' is not supported",
        f"(looked for {run.pytester.path / 'ordr.asl.json'})",
        "E       emulator.errors.RealAwsBlockedError: Blocked: mturk-requester:GetAccountBalance",
        "  waits    in Approve for an external worker to answer",
    ):
        assert line in shown
    for place in ("/emulator/core.py", "/emulator/aws/", "/asl/", "/botocore/"):
        assert place not in shown


def test_full_trace_shows_our_lines(run: Run) -> None:
    result = run('def test_no_file(emulator):\n    emulator.run("ordr.asl.json")\n', "--full-trace")
    assert "core.py" in text_of(result)


def test_an_error_that_we_did_not_mean_keeps_its_lines(run: Run) -> None:
    result = run(
        """
def test_broken(emulator):
    emulator.finish = None
    emulator.run(flow(A={"Type": "Pass", "End": True}))
"""
    )
    assert "core.py" in text_of(result)
    assert "TypeError: 'NoneType' object is not callable" in text_of(result)


def test_a_failure_inside_of_a_handler_shows_the_handler(run: Run) -> None:
    result = run(
        """
def strict(event, context):
    pytest.fail("charged twice")


def test_order(emulator):
    emulator.lambda_function("charge", strict)
    emulator.run(flow(Charge=task("charge")))
"""
    )
    shown = text_of(result)
    assert 'pytest.fail("charged twice")' in shown
    assert "runtime.py" not in shown


LINES_OF_A_CLIENT = """
from emulator.tasks import task as definition


def look():
    boto3.client("sqs").get_queue_url(QueueName="none")


@definition(title="Looks", id="looks")
def looks(ctx):
    look()


@looks.on_error
def again(task):
    look()


def by_handler(emulator):
    emulator.lambda_function("look", lambda event, context: look())
    emulator.run(flow(Look=task("look")))


def by_task(emulator):
    emulator.tasks.trigger(looks).run_to_end()

"""


@pytest.mark.parametrize(
    ("use", "head"),
    [
        ("by_handler", "  handler  of Look: QueueDoesNotExist: An error occurred"),
        ("by_task", "  handler  of Run, task looks: QueueDoesNotExist: An error"),
        ("by_task", "  handler  of Run, on_error of task looks: QueueDoesNotExist"),
    ],
    ids=["handler", "task", "hook"],
)
def test_an_error_of_a_library_shows_the_users_own_lines(run: Run, use: str, head: str) -> None:
    result = run(f"{LINES_OF_A_CLIENT}\ndef test_look(emulator):\n    {use}(emulator)\n    assert False\n")
    lines = section(result)
    at = next(number for number, line in enumerate(lines) if line.startswith(head))
    shown = list(itertools.takewhile(lambda line: line.startswith("           "), lines[at + 1 :]))
    assert shown[0].endswith(", in look")
    assert shown[1].strip() == 'boto3.client("sqs").get_queue_url(QueueName="none")'
    assert all("botocore" not in line and "/emulator/" not in line for line in shown)


def test_an_error_of_boto3_in_the_test_shows_no_line_of_boto3(run: Run) -> None:
    result = run(f"{LINES_OF_A_CLIENT}\ndef test_look(emulator):\n    look()\n")
    shown = text_of(result)
    assert 'boto3.client("sqs").get_queue_url(QueueName="none")\nE       botocore.errorfactory.QueueDoes' in shown
    assert "botocore/client.py" not in shown


def test_what_did_not_arrive_and_what_was_refused_is_shown(run: Run) -> None:
    result = run(
        """
def test_event(emulator):
    events = boto3.client("events")
    events.put_rule(Name="placed", EventPattern='{"source": ["shop"]}')
    queue = "arn:aws:sqs:us-east-1:123456789012:orders"
    events.put_targets(Rule="placed", Targets=[{"Id": "queue", "Arn": queue}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])
    try:
        boto3.client("mturk").get_account_balance()
    except Exception:
        pass
    assert not events
"""
    )
    lines = section(result)
    assert lines[1:3] == [
        "undelivered event: rule placed to arn:aws:sqs:us-east-1:123456789012:orders",
        "  because  there is no queue arn:aws:sqs:us-east-1:123456789012:orders",
    ]
    assert lines[3].startswith("blocked request: mturk-requester:GetAccountBalance to mturk-requester.us-east-1")
    assert "test_flow.py:" in lines[3]


def test_a_function_of_a_rule_that_failed_is_in_the_report(run: Run) -> None:
    result = run(
        """
def test_event(emulator):
    def boom(event, context):
        raise ValueError("no such order")
    emulator.lambda_function("boom", boom)
    events = boto3.client("events")
    events.put_rule(Name="placed", EventPattern='{"source": ["shop"]}')
    target = "arn:aws:lambda:us-east-1:123456789012:function:boom"
    events.put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": target}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])
    assert not events
"""
    )
    lines = section(result)
    assert "function boom, called asynchronously, failed: ValueError: no such order" in lines
    assert any("test_flow.py" in line and line.endswith("in boom") for line in lines)


@pytest.mark.parametrize("call", ["advance(5)", "advance(seconds=-5)", "advance(seconds='x')", "advance_to(5)"])
def test_a_wrong_argument_shows_the_test_line_and_the_message_only(run: Run, call: str) -> None:
    text = text_of(run(f"def test_clock(emulator):\n    emulator.clock.{call}\n"))
    assert f">       emulator.clock.{call}" in text or f">   emulator.clock.{call}" in text
    assert "clock.py" not in text.partition("short test summary")[0]


EVENTS = """
import asyncio
import json
import unittest

from emulator import Emulator


def put(**detail):
    entry = {"Source": "shop", "DetailType": "placed", "Detail": json.dumps(detail)}
    boto3.client("events").put_events(Entries=[entry])


def put_rule(name, pattern, **fields):
    boto3.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern), **fields)


BIG = {"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}
"""
NOT_MATCHED = [
    'event on bus default: source shop, detail-type placed, detail {"total":5}',
    '  rule big does not match: detail.total: wanted one of [{"numeric":[">",100]}], was 5',
]


@pytest.mark.parametrize(
    "test",
    [
        "def test_rule(emulator):\n    put_rule('big', BIG)\n    put(total=5)\n    emulator.executions[0]",
        (
            "def test_rule():\n    with Emulator() as world:\n        put_rule('big', BIG)\n        put(total=5)\n"
            "        world.executions[0]"
        ),
        (
            "class TestRule(unittest.TestCase):\n    def setUp(self):\n"
            "        self.world = self.enterContext(Emulator())\n"
            "    def test_rule(self):\n        put_rule('big', BIG)\n        put(total=5)\n"
            "        self.assertTrue(self.world.executions)"
        ),
        (
            "@pytest.fixture(scope='module')\ndef world():\n    with Emulator() as world:\n        yield world\n\n"
            "def test_rule(world):\n    put_rule('big', BIG)\n    put(total=5)\n    assert [] == [1]"
        ),
        (
            "def test_rule(emulator):\n    async def run():\n        put_rule('big', BIG)\n        put(total=5)\n"
            "        assert emulator.executions\n    asyncio.run(run())"
        ),
    ],
    ids=["fixture", "own", "unittest", "module", "async"],
)
def test_a_rule_that_did_not_match_says_why(run: Run, test: str) -> None:
    result = run(f"{EVENTS}\n{test}\n")
    result.assert_outcomes(failed=1)
    assert section(result)[1:3] == NOT_MATCHED


def test_what_the_rules_of_an_event_are_told(run: Run) -> None:
    result = run(
        f"""{EVENTS}
def test_rules(emulator):
    events = boto3.client("events")
    put_rule("bank", {{"source": ["bank"]}})
    put_rule("off", BIG, State="DISABLED")
    put_rule("bare", {{"source": ["shop"]}})
    put(total=5)
    put_rule("late", {{"detail": {{"total": [5]}}}})
    events.create_event_bus(Name="shop")
    events.put_rule(Name="there", EventBusName="shop", EventPattern='{{"source": ["shop"]}}')
    assert False


def test_another_bus(emulator):
    events = boto3.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="there", EventBusName="shop", EventPattern='{{"source": ["shop"]}}')
    put(total=5)
    assert False


def test_many(emulator):
    for number in range(30):
        put_rule(f"rule-{{number}}", {{"source": [f"shop-{{number}}"]}})
    for number in range(30):
        put(total=number)
    assert False
""",
        "-p",
        "no:randomly",
    )
    shown = text_of(result)
    for line in (
        "  rule bare matched, and has no targets",
        "  rule late would match now: it was made or changed after the event was put",
        '  rule bank does not match: source: wanted one of ["bank"], was "shop"',
        "  rule off is disabled",
        "  no rule is on bus default (rule there is on bus shop)",
        "  ... 24 more rules: emulator.bus.explain(entry)",
        "... 27 more events, 30 in all without a rule that matched: emulator.bus.entries",
    ):
        assert f"{line}\n" in shown


def test_what_is_open_and_unread_is_told_and_stays_so(run: Run) -> None:
    result = run(
        f"""{EVENTS}
def test_open(emulator):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({{"order": number}}))
    sqs.create_queue(QueueName="empty")
    activity = boto3.client("stepfunctions").create_activity(name="approve")["activityArn"]
    emulator.start(flow(Approve={{"Type": "Task", "Resource": activity, "End": True}}), name="one")
    emulator.clock.advance(hours=5)
    assert False


def test_own(emulator):
    with Emulator():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="own")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        assert False
""",
        "-p",
        "no:randomly",
    )
    shown = text_of(result)
    for line in (
        'queue orders: 3 messages sent and never received: {"order": 0}, {"order": 1}, ...',
        (
            "open task: state Approve of StateMachine:one waits for an external worker to answer (activity approve), "
            "since 2030-01-01T00:00:00Z (5 h)"
        ),
        "queue own: 1 message sent and never received: hello",
    ):
        assert f"{line}\n" in shown
    assert "queue empty" not in shown
    assert "StateMachine:one RUNNING for 5 h of virtual time (" in shown


def test_the_section_stays_short(run: Run) -> None:
    result = run(
        """
def test_many(emulator):
    emulator.lambda_function("charge", charge)
    for number in range(30):
        emulator.run(flow(Check={"Type": "Pass", "End": True}), {"long": "x" * 5000})
    emulator.run(flow(Charge=task("charge")), {"long": "x" * 5000}, name="the-bad-one")
    emulator.run(flow(Check={"Type": "Pass", "End": True}))
    assert False
"""
    )
    lines = section(result)
    assert len(lines) <= 40
    assert max(map(len, lines)) < 200
    assert lines[1].startswith("StateMachine-2:the-bad-one FAILED at Charge")
    assert lines[-1].endswith("more executions: emulator.executions")
    assert "(5,012 characters)" in "\n".join(lines)


def test_a_test_that_fails_without_executions_has_no_section(run: Run) -> None:
    assert " emulator ---" not in text_of(run("def test_no(emulator):\n    assert False\n"))


def test_what_was_planned_for_tasks_and_never_came_is_an_error_unless_the_test_failed_anyway(run: Run) -> None:
    result = run(
        """
def test_forgotten(emulator):
    emulator.tasks.fail_write("aborted")

def test_failed(emulator):
    emulator.tasks.fail_write("aborted")
    assert False
"""
    )
    result.assert_outcomes(passed=1, failed=1, errors=1)
    assert "fail_write(write='aborted'): did not happen in this test" in text_of(result)


def test_without_the_plugin_other_tests_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    run.pytester.makepyfile("def test_plain(): ...\ndef test_asks(emulator): ...\n")
    result = run.pytester.runpytest_inprocess("-p", "no:asl_emulator", "-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=1)
    assert "fixture 'emulator' not found" in text_of(result)


def test_in_random_order_on_several_workers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xdist")
    run.pytester.makepyfile(
        test_flow=FLOW
        + """
@pytest.mark.parametrize("turn", range(6))
def test_turn(emulator, turn):
    emulator.lambda_function("charge", charge)
    run = emulator.run(flow(Charge=task("charge")), name="only")
    assert [each.name for each in emulator.executions] == ["only"]
    assert turn != 5
"""
    )
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    result = run.pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["* emulator *", "StateMachine:only FAILED at Charge after 2 s of virtual time *"])


def test_a_run_that_does_not_use_the_fixture_imports_nothing_heavy() -> None:
    heavy = ("asl.machine", "boto3", "botocore", "emulator.core", "freezegun", "moto", "time_machine")
    code = f"import sys, emulator.pytest_plugin; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Backends ------------------------------------------------------------------------------------------------------------

SHOWS_ITS_BACKEND = """
import os

from emulator import Emulator

def test_backend(emulator):
    here, another = emulator.assembly, Emulator().assembly
    shown = [here.remote("events"), here.remote("dynamodb"), another.remote("events")]
    print("found", [each and each.endpoint.text() for each in shown])
    assert False
"""
THERE = "'http://test:test@localhost:4566'"


@pytest.mark.parametrize("how", ["option", "ini", "environment", "marker"])
def test_a_backend_is_given_to_every_emulator(run: Run, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.delenv("EMULATOR_BACKEND", raising=False)
    text, arguments, everywhere = SHOWS_ITS_BACKEND, [], True
    if how == "option":
        arguments = ["--emulator-backend=http://localhost:4566", "--emulator-backend=dynamodb=moto"]
    elif how == "ini":
        run.pytester.makeini("[pytest]\nemulator_backend =\n    http://localhost:4566\n    dynamodb=moto\n")
    elif how == "environment":
        monkeypatch.setenv("EMULATOR_BACKEND", "http://localhost:4566,dynamodb=moto")
    else:
        mark = '@pytest.mark.emulator(backend={"*": "http://localhost:4566", "dynamodb": "moto"})\n'
        text, everywhere = text.replace("def test", f"import pytest\n{mark}def test"), False
    shown = text_of(run(text, *arguments))
    assert f"found [{THERE}, None, {THERE if everywhere else None}]" in shown
    assert os.environ.get("EMULATOR_BACKEND") == (
        "http://localhost:4566,dynamodb=moto" if how == "environment" else None
    )


def test_what_is_nearer_to_the_test_wins(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_BACKEND", "http://environment:1")
    run.pytester.makeini("[pytest]\nemulator_backend = http://ini:1\n")
    assert "found ['http://test:test@option:1', " in text_of(
        run(SHOWS_ITS_BACKEND, "--emulator-backend=http://option:1")
    )
    assert "found ['http://test:test@ini:1', " in text_of(run(SHOWS_ITS_BACKEND))


def test_a_wrong_backend_is_one_clear_line(run: Run) -> None:
    result = run("def test_one(): ...\n", "--emulator-backend=localstak")
    shown = "\n".join([*result.outlines, *result.errlines])
    wanted = "--emulator-backend: backend 'localstak' is not a valid backend. Did you mean \"localstack\"?"
    assert wanted in shown
    assert "Traceback" not in shown
    marked = text_of(run("@pytest.mark.emulator(backend=4566)\ndef test_marked(): ...\n"))
    assert 'backend=4566 is neither text nor a mapping; write backend="localstack"' in marked


def test_each_worker_has_an_account_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw2")
    given = "--emulator-backend=http://localhost:4566"
    assert "found ['http://000000000003:test@localhost:4566', " in text_of(run(SHOWS_ITS_BACKEND, given))
    keyed = "--emulator-backend=http://222222222222@localhost:4566"
    assert "found ['http://222222222222:test@localhost:4566', " in text_of(run(SHOWS_ITS_BACKEND, keyed))


def test_a_backend_that_is_down_is_told_in_the_report(run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    shown = text_of(
        run(
            """
import boto3

def test_swallows(emulator):
    try:
        boto3.client("sqs").list_queues()
    except Exception:
        pass
    assert False
""",
            f"--emulator-backend={url}",
        )
    )
    assert f"blocked request: sqs:ListQueues at {url}: nothing is listening there (connection refused)" in shown


def test_modules_may_make_clients_when_they_are_imported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without credentials and region, in a conftest.py and in a test's module."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    run.pytester.makeconftest("import boto3\nTABLE = boto3.resource('dynamodb').Table('orders')\n")
    shown = run(
        """
import boto3
from conftest import TABLE

SQS = boto3.client("sqs")


def test_one(emulator):
    SQS.create_queue(QueueName="q")
    assert len(emulator.client("sqs").list_queues()["QueueUrls"]) == 1
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    emulator.client("dynamodb").create_table(TableName="orders", AttributeDefinitions=types, **keys)
    TABLE.put_item(Item={"id": "7"})
    assert TABLE.item_count == 1
"""
    )
    shown.assert_outcomes(passed=1)
    assert "AWS_DEFAULT_REGION" not in os.environ


def test_refused_entries_silent_rules_and_other_regions_are_told(run: Run) -> None:
    result = run(
        f"""{EVENTS}
def test_refused(emulator):
    put_rule("placed", {{"source": ["shop"]}})
    events = boto3.client("events")
    events.put_events(Entries=[{{"Source": "shop", "DetailType": "placed", "Detail": "no json"}}])
    events.put_events(Entries=[{{"Source": "shop", "DetailType": "placed"}}])
    assert emulator.executions


def test_many_refused(emulator):
    def handle(event, context):
        put_rule("placed", {{"source": ["shop"]}})
        for _ in range(8):
            boto3.client("events").put_events(Entries=[{{"Source": "aws.s3", "DetailType": "x", "Detail": "{{}}"}}])
    emulator.lambda_function("f", handle)
    boto3.client("lambda").invoke(FunctionName="f")
    assert emulator.executions


def test_nothing_was_put(emulator):
    put_rule("placed", {{"source": ["shop"]}})
    boto3.client("events", region_name="eu-west-1").put_rule(Name="far", EventPattern='{{"source": ["shop"]}}')
    assert emulator.executions


@pytest.mark.emulator(accepted_calls=["events:PutRule"])
def test_only_a_schedule(emulator):
    boto3.client("events").put_rule(Name="daily", ScheduleExpression="rate(1 day)")
    assert emulator.executions


def test_another_region(emulator):
    boto3.client("events", region_name="eu-west-1").put_rule(Name="far", EventPattern='{{"source": ["shop"]}}')
    put(total=5)
    assert emulator.executions


def test_a_rule_in_both_regions(emulator):
    put_rule("near", {{"source": ["bank"]}})
    boto3.client("events", region_name="eu-west-1").put_rule(Name="far", EventPattern='{{"source": ["shop"]}}')
    put(total=5)
    assert emulator.executions
""",
        "-p",
        "no:randomly",
    )
    refused, many, nothing, region, both = [
        section.splitlines() for section in text_of(result).split("- emulator -")[1:]
    ]
    head = "event refused on bus default: "
    assert refused[2] == f"{head}MalformedDetail: Detail is malformed. (source shop, detail-type placed)"
    assert refused[3].startswith("  put at ")
    assert "test_flow.py:" in refused[3]
    assert refused[4].startswith(f"{head}InvalidArgument: Parameter Detail is not valid. ")
    assert many[2].endswith(
        "NotAuthorizedForSource: Not authorized for the source. (source aws.s3, detail-type x), 8 times"
    )
    assert not many[4].startswith(head)
    waits = "no event was put on bus default"
    assert nothing[2] == f"{waits} in eu-west-1, which has rule far"
    assert nothing[3] == f"{waits}, which has rule placed"
    assert text_of(result).count(waits) == 2
    assert "  no rule is on bus default in us-east-1 (rule far is on bus default in eu-west-1)" in region
    assert "  rule far is on bus default in eu-west-1: an event reaches the rules of its own bus and region" in both


def test_variables_that_a_patch_from_before_brings_back_are_the_users(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    result = run(
        """
import os
from unittest import mock

REAL = {"AWS_PROFILE": "real", "AWS_ACCESS_KEY_ID": None, "AWS_CONFIG_FILE": os.environ.get("AWS_CONFIG_FILE")}


@pytest.fixture
def patched():
    patches = []
    yield patches
    for each in patches:
        each.stop()


@pytest.fixture
def profile(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE")


def check():
    assert {name: os.environ.get(name) for name in REAL} == REAL


def test_1(monkeypatch, emulator):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_PROFILE", "other")


def test_2():
    check()


def test_3(patched, emulator):
    patched.append(mock.patch.dict(os.environ, {"FOO": "1"}))
    patched[0].start()


def test_4():
    check()


def test_5(profile, emulator):
    pass


def test_6():
    check()
""",
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(passed=6)
