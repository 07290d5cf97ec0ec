"""``compare_profiles``: one scenario of background tasks under several profiles, and the differences."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from emulator.aws.interception import is_intercepting
from emulator.core import Emulator
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.taskbench import TaskBench, TaskRun
from emulator.tasks import PROFILES, Profile
from emulator.tasks.queries import MAX_LIMIT

Scenario: TypeAlias = Callable[[TaskBench], object]

RAISED: Final = "scenario: raised"
ABSENT: Final = "(nothing)"
"""Shown for a profile that has no such value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs between profiles; ``values`` maps the name of a profile to its JSON text."""

    what: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        names: dict[str, list[str]] = {}
        for profile, value in self.values.items():
            names.setdefault(value, []).append(profile)
        labels = {value: ", ".join(profiles) for value, profiles in names.items()}
        width = max(map(len, labels.values()))
        return "\n".join([self.what, *(f"    {label:{width}}  {value}" for value, label in labels.items())])


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, task by task: how it was sent, its answers, record, logs, execution. False without differences.

    ``str`` lists them for people.
    """

    profiles: tuple[str, ...]
    differences: tuple[Difference, ...]

    def __bool__(self) -> bool:
        return bool(self.differences)

    def __str__(self) -> str:
        if not self.differences:
            return f"no difference between {', '.join(self.profiles)}"
        return "\n".join(map(str, self.differences))


def compare_profiles(
    scenario: Scenario, profiles: Sequence[Profile | str] = tuple(PROFILES), *, seed: int = 0
) -> Comparison:
    """Call ``scenario(bench)`` under each profile, each time in a new emulator, and compare the results.

    For every task it compares how the task was sent, the handler's answers, the record, the logs and the execution (of
    one without a record, the answers and the execution);
    also the exception that the scenario raised, such as a failed assertion. Ids and execution names are not compared.
    Raises ``ValueError`` for an unknown profile, two with the same name, or fewer than two; ``EmulatorError`` while an
    emulator is open.
    """
    if is_intercepting():
        raise EmulatorError(
            "compare_profiles opens an emulator for each profile, and one is open already\n"
            "    fix: call it outside `with Emulator()`, in a test without the fixture `emulator`"
        )
    chosen = [Profile.named(profile) for profile in profiles]
    names = tuple(profile.name for profile in chosen)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise ValueError(f"compare_profiles needs two or more profiles with different names, not {', '.join(names)}")
    left = {profile.name: dict(_outcome(scenario, profile, seed)) for profile in chosen}
    everything = dict.fromkeys([RAISED, *(what for outcome in left.values() for what in outcome)])
    found = {what: {name: outcome.get(what, ABSENT) for name, outcome in left.items()} for what in _by_task(everything)}
    return Comparison(
        names, tuple(Difference(what, values) for what, values in found.items() if len(set(values.values())) > 1)
    )


def _by_task(everything: Mapping[str, Any]) -> list[str]:
    """The descriptions grouped by task, otherwise in their own order."""
    firsts = list(dict.fromkeys(what.partition(":")[0] for what in everything))
    return sorted(everything, key=lambda what: firsts.index(what.partition(":")[0]))


def _outcome(scenario: Scenario, profile: Profile, seed: int) -> Iterator[tuple[str, str]]:
    """The results of the scenario: descriptions and JSON texts."""
    with Emulator(seed=seed) as world:
        bench = world.tasks
        bench.profile = profile
        try:
            scenario(bench)
        except Exception as error:
            yield RAISED, f"{type(error).__name__}: {error}"
        started = {run.id: run for run in bench.runs}
        tasks = bench.tasks.list(sort="createdOn_ASC", limit=MAX_LIMIT)
        known = {task.id: f"<task {number}>" for number, task in enumerate(tasks, 1)}
        for number, task in enumerate(tasks, 1):
            record = {key: value for key, value in task.to_dict().items() if key not in ("id", "eventResponse")}
            record["executionName"] = bool(task.execution_name)
            about: dict[str, Any] = {"record": record}
            if (run := started.get(task.id)) is not None:
                about = {**_sent(run.execution), "answer": _answers(run), **about}
                about["execution"] = _execution(run.execution)
            logs = bench.tasks.list_logs({"task": task.id}, limit=MAX_LIMIT)
            about["log"] = {log.iteration: [item.to_dict() for item in log.items] for log in logs}
            for what, text in _leaves(about, ""):
                yield f"task {number} {task.definition_id}:{what}", _named(text, known)
        for number, (id_, run) in enumerate(started.items(), 1):
            if id_ in known:
                continue
            about = {"answer": _answers(run), "execution": _execution(run.execution)}
            if bench.has_own_handler:
                about = {**_sent(run.execution), **about}
            kind = "of the handler" if bench.has_own_handler else "without a record"
            for what, text in _leaves(about, ""):
                yield f"task {number} {kind}:{what}", _named(text, {id_: f"<task {number}>"})


def _sent(execution: Execution) -> dict[str, Any]:
    given = execution.input if isinstance(execution.input, dict) else {}
    way = "PutEvents" if "detail-type" in given else "StartExecution"
    return {"sent": {"by": way, "detail": given.get("detail")}}


def _answers(run: TaskRun) -> dict[int, Any]:
    answers = ((each.number, each.result) for each in run.iterations)
    return {
        number: None if result is None else {key: value for key, value in asdict(result).items() if key in result.names}
        for number, result in answers
    }


def _execution(execution: Execution) -> dict[str, Any]:
    return {"status": execution.status, "error": execution.error, "states": execution.path}


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """The values of a nested document, each with its path; a list is one value."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{at} {key}")
    else:
        yield at, json.dumps(value, ensure_ascii=False, default=str)


def _named(text: str, known: Mapping[str, str]) -> str:
    for id_, name in known.items():
        text = text.replace(id_, name)
    return text
