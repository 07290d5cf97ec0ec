"""``emulator.tasks``: background tasks on the emulator, from the event to the last child.

A ``TaskBench`` deploys the background-task application (table, bus, rule, state machine, Lambda function) into its
emulator and gives a ``TaskRun`` for each task. Nothing is faked: a trigger is an EventBridge event, a rule starts the
machine, and the machine calls the handler until the task ends, all on the emulator's clock.

    def test_survives_a_rate_limit(emulator):
        emulator.tasks.register(sync_articles)
        emulator.tasks.app.remote = FlakyRemote(retry_after=45)
        run = emulator.tasks.trigger("syncArticles", {"source": "blog"}).run_until_waiting()
        assert run.waiting_for == 45 and run.task.status == "running"
        assert run.run_to_end().task.status == "success"
"""

from emulator.taskbench.bench import FUNCTION_NAME, TaskBench
from emulator.taskbench.entries import Entry
from emulator.taskbench.injection import Injection
from emulator.taskbench.iterations import Iteration, IterationResult
from emulator.taskbench.run import TaskRun, TaskTree
from emulator.taskbench.usage import IterationUsage, Usage

__all__ = [
    "FUNCTION_NAME",
    "Entry",
    "Injection",
    "Iteration",
    "IterationResult",
    "IterationUsage",
    "TaskBench",
    "TaskRun",
    "TaskTree",
    "Usage",
]
