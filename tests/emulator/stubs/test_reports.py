"""Stubs in a run of pytest: what a failing test tells of them, and the marker."""

import pytest

pytest_plugins = ["pytester"]


def test_the_report_of_a_failing_test_names_unused_stubs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_fails(emulator):
            emulator.task("Charge").returns(1)
            assert emulator.executions

        def test_never_called(emulator):
            emulator.task("Charge").returns(1)
    """)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_*.py:2: emulator.task('Charge') was never called: no execution was started"])
    result.stdout.fnmatch_lines(
        ["*_ ERROR at teardown of test_never_called _*", "*.py:6: emulator.task('Charge') was never called*"]
    )


def test_the_marker_allows_unused_stubs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.emulator(unused_stubs="allow")
        def test_allowed(emulator):
            emulator.task("Charge").returns(1)

        @pytest.mark.emulator(unused_stubs="alow")
        def test_wrong(emulator):
            pass
    """)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(['*unused_stubs=\'alow\': write unused_stubs="fail" or unused_stubs="allow"'])


def test_stubs_are_strict_in_each_process_of_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge", "End": True}

        @pytest.mark.parametrize("number", range(4))
        def test_used(emulator, number):
            emulator.task("Charge").returns({"id": number}, times=1)
            run = emulator.run({"StartAt": "Charge", "States": {"Charge": TASK}})
            assert run.output == {"id": number}

        @pytest.mark.parametrize("number", range(2))
        def test_owed(emulator, number):
            emulator.task("Charge").returns(1, times=2)
            emulator.run({"StartAt": "Charge", "States": {"Charge": TASK}})
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2")
    result.assert_outcomes(passed=6, errors=2)
    result.stdout.fnmatch_lines(["*emulator.task('Charge'): .returns(1) was given once of 2*"])
