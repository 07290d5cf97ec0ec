"""What decided where an execution goes: the rule of a Choice, and the Retry and Catch that an error meets.

They are found by pure functions (``asl.states.choice.choose``, ``asl.retry.answer_error``); the machine does what they
say and tells its driver of them (``asl.effects.Decided``). Entries of Choices, Retry and Catch are counted from 0.
"""

from typing import NamedTuple, TypeAlias


class RuleChosen(NamedTuple):
    """A Choice goes where its first ``rule`` that holds leads; to Default when ``rule`` is ``None``."""

    rule: int | None


class NoRuleHolds(NamedTuple):
    """A Choice has neither a rule that holds nor a Default: it fails with States.NoChoiceMatched."""


class Retried(NamedTuple):
    """``retrier`` answers ``error``: the state is tried again, for this retrier the ``retry``-th time, from 1."""

    error: str | None
    retrier: int
    retry: int


class Caught(NamedTuple):
    """``catcher`` answers ``error``; ``used_up`` is the retrier that answers it too and has no retry left."""

    error: str | None
    catcher: int
    used_up: int | None = None


class Unanswered(NamedTuple):
    """Nothing answers ``error``, it ends the branch; ``used_up`` is the retrier that does and has no retry left."""

    error: str | None
    used_up: int | None = None


ChoiceDecision: TypeAlias = RuleChosen | NoRuleHolds
ErrorDecision: TypeAlias = Retried | Caught | Unanswered
Decision: TypeAlias = ChoiceDecision | ErrorDecision
