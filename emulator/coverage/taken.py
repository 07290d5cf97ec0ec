"""What an execution took of its definition: one fold over its records and the machine's decisions.

The records say which states were entered and left; the decisions which rule, retrier or catcher answered, and how many
items a Map had. How a state was left follows from both: by its catcher if that was its visit's last decision, by the
rule that was chosen, else by its Next or End. A rule or catcher whose own fields fail is taken and leads nowhere:
another decision follows it in the same visit. Only where errors were caught are records and decisions joined visit by
visit.

The children of a Distributed Map run a part of their parent's definition: what they take counts there.
"""

from typing import Final, assert_never

from asl.decisions import Caught, Decision, ItemsFound, NoRuleHolds, Retried, RuleChosen, RuleFailed, Unanswered
from asl.effects import Decided
from emulator.coverage.goals import Goals, Key
from emulator.execution import Execution
from emulator.history.tree import ENTERED, EXITED

_MOVES: Final = ENTERED | EXITED


def root_of(execution: Execution) -> Execution:
    """The execution whose definition it runs: that of the outermost Distributed Map around it, else itself."""
    while execution.map_run_arn is not None and execution.parent is not None:
        execution = execution.parent
    return execution


class Taken:
    """What executions took of one definition, whose goals are ``goals``: that of ``root_of`` each of them."""

    def __init__(self, goals: Goals) -> None:
        self.goals = goals
        self.keys: set[Key] = set()
        """The keys of the goals that were taken."""
        self._moves: set[tuple[str, str]] = set()
        """(type of an event, name of a state) that was read, where no error was caught in the state."""
        self._decisions: set[tuple[str, type, Decision]] = set()
        """Decisions that were read: most executions repeat others, and cost only the look whether they do."""

    def add(self, execution: Execution) -> None:
        """Add what ``execution`` took so far."""
        pointers, found = self.goals.pointers, set[Key]()
        caught: set[str] = set()
        last: dict[int, Decided] = {}
        if execution.decisions:
            made = {(each[1], each[2].__class__, each[2]) for each in execution.decisions}
            for name, _, decision in made - self._decisions:
                _decided(decision, pointers[name], self.goals, found)
            self._decisions |= made
            last = {each[0]: each for each in execution.decisions}
            for name, _, decision in {(each[1], each[2].__class__, each[2]) for each in last.values()}:
                if isinstance(decision, RuleChosen):
                    found.add(Key(f"{pointers[name]}/{_way(decision)}", "taken"))
                elif isinstance(decision, Caught):
                    caught.add(name)
        moves = {(type_, of["name"]) for _, _, type_, _, of in execution.records if type_ in _MOVES}  # type: ignore[index]
        moves -= self._moves
        for type_, name in moves:
            if type_ in ENTERED:
                found.add(Key(pointers[name], "entered"))
            elif type_ != "ChoiceStateExited" and name not in caught:
                found.update(_left(pointers[name], None))
        self._moves |= {move for move in moves if move[1] not in caught} if caught else moves
        if caught:
            for visit in execution.tree.visits:
                if visit.exited is not None and visit.name in caught:
                    found.update(_left(pointers[visit.name], last.get(visit.entered.id)))
        if execution.map_run_arn is not None and execution.records:
            first = pointers[execution.state_machine.program.block.start_at]
            found.add(Key(first.rsplit("/", 3)[0], "items"))  # the Map around /ItemProcessor/States/First
        self.keys |= found & self.goals.keys


def _decided(decision: Decision, pointer: str, goals: Goals, found: set[Key]) -> None:
    """Add what a decision alone says."""
    match decision:
        case RuleChosen(rule=int(rule)):
            _false(pointer, rule, found)
            found.add(Key(f"{pointer}/Choices/{rule}", "true"))
        case RuleChosen() | NoRuleHolds():
            _false(pointer, goals.rules[pointer], found)
        case RuleFailed(rule=rule):
            _false(pointer, rule, found)
        case ItemsFound(items=items):
            found.add(Key(pointer, "items" if items else "no items"))
        case Retried(retrier=retrier):
            found.add(Key(f"{pointer}/Retry/{retrier}", "used"))
        case Caught(catcher=catcher, used_up=used_up):
            found.add(Key(f"{pointer}/Catch/{catcher}", "caught"))
            if used_up is not None:
                found.add(Key(f"{pointer}/Retry/{used_up}", "used up"))
        case Unanswered(used_up=used_up):
            if used_up is not None:
                found.add(Key(f"{pointer}/Retry/{used_up}", "used up"))
        case _:
            assert_never(decision)


def _false(pointer: str, rules: int, found: set[Key]) -> None:
    """The first ``rules`` rules are false."""
    found.update(Key(f"{pointer}/Choices/{index}", "false") for index in range(rules))


def _way(decision: RuleChosen) -> str:
    """The member of the Choice that names where it went."""
    return "Default" if decision.rule is None else f"Choices/{decision.rule}/Next"


def _left(pointer: str, last: Decided | None) -> tuple[Key, ...]:
    """The transition by which a visit left: its catcher's, or Next or End, of which a state has one."""
    if last is not None and isinstance(last.decision, Caught):
        return (Key(f"{pointer}/Catch/{last.decision.catcher}/Next", "taken"),)
    return Key(f"{pointer}/Next", "taken"), Key(f"{pointer}/End", "taken")
