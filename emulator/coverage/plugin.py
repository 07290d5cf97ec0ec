"""``--asl-cov`` in pytest: collects in each process, merges what the workers of pytest-xdist took, and reports."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from emulator.coverage.collect import Collector, collecting
from emulator.coverage.data import read_data
from emulator.coverage.options import Options, read_options
from emulator.coverage.table import percent_text
from emulator.errors import EmulatorError

_WORKER: Final = "asl_coverage"
"""Where a worker puts what it collected, in the output that pytest-xdist gives to the main process."""


def register(config: pytest.Config) -> None:
    """Collect from now on until the run ends. Raises ``pytest.UsageError`` for options that say nothing."""
    given = config.getoption("asl_cov")
    if given is None:
        raise pytest.UsageError("--asl-cov-report and --asl-cov-fail-under need --asl-cov: pytest --asl-cov ...")
    try:
        options = read_options(
            config.rootpath, given, config.getoption("asl_cov_report") or [], config.getoption("asl_cov_fail_under")
        )
    except EmulatorError as error:
        raise pytest.UsageError(f"--asl-cov: {error}") from None
    config.pluginmanager.register(Session(config, options), "asl-coverage")


class Session:
    """The coverage of one run of pytest, in the main process or in a worker."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._collector = Collector()
        self._lost: list[str] = []
        """Workers that ended without telling what they took."""
        self._notes = self._collector.add_files(list(options.paths))
        self._is_below = False
        until_the_end = ExitStack()
        until_the_end.enter_context(collecting(self._collector))
        config.add_cleanup(until_the_end.close)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker of pytest-xdist collected."""
        text = getattr(node, "workeroutput", {}).get(_WORKER)
        if text is None:
            self._lost.append(node.gateway.id)
        else:
            self._collector.data.merge(read_data(text, f"worker {node.gateway.id}"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker, hand over what was collected; else fail the run if it is not enough."""
        output = getattr(self._config, "workeroutput", None)
        data, options = self._collector.data, self._options
        if output is not None:
            output[_WORKER] = json.dumps(data.document())
            return
        self._notes += self._collector.add_templates(list(options.paths))
        data.keep(options.paths if options.only else None, code=options.code)
        self._is_below = options.fail_under is not None and data.percent < options.fail_under
        if self._is_below and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the reports, and say whether the coverage is enough."""
        data, options, write = self._collector.data, self._options, terminalreporter.write_line
        folder: Path = self._config.rootpath
        terminalreporter.section("ASL coverage")
        for note in self._notes:
            write(f"not counted: {note}")
        for worker in self._lost:
            write(f"not counted: what the tests of worker {worker} took, which ended before it told", yellow=True)
        if not data.definitions:
            write("no definition ran, and none was found")
        for report in options.reports:
            try:
                write(report.write(data, folder).rstrip("\n"))
            except EmulatorError as error:
                write(f"error: {error}", red=True)
        if options.fail_under is not None:
            reached = "is not" if self._is_below else "is"
            least = f"{options.fail_under:g} %"
            write(f"{least} of ASL coverage {reached} reached: {percent_text(data)}", red=self._is_below, bold=True)
