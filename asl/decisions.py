"""The decisions of an execution: the rule of a Choice, the Retry or Catch that handles an error, the items of a Map.

Pure functions make them (``asl.states.choice.choose``, ``asl.retry.answer_error``); the machine acts on them and
reports them to its driver (``asl.effects.Decided``). Entries of Choices, Retry and Catch are counted from 0.
"""

from datetime import timedelta
from typing import NamedTuple, TypeAlias


class RuleChosen(NamedTuple):
    """A Choice follows ``rule``, the first that holds, or Default if ``rule`` is ``None``."""

    rule: int | None


class NoRuleHolds(NamedTuple):
    """A Choice has neither a rule that holds nor a Default: the execution fails with States.Runtime."""


class RuleFailed(NamedTuple):
    """``rule`` cannot be evaluated, and no rule before it holds: the Choice fails with ``error``."""

    rule: int
    error: str | None


class ItemsFound(NamedTuple):
    """A Map has so many items: said when it begins, and by a Distributed Map that has read them all, when it ends."""

    items: int


class Retried(NamedTuple):
    """``retrier`` matches ``error``: after ``delay`` the state is tried again.

    It is this retrier's ``retry``-th retry, counted from 1.
    """

    error: str | None
    retrier: int
    retry: int
    delay: timedelta


class Caught(NamedTuple):
    """``catcher`` matches ``error``; ``used_up`` is a retrier that also matches it but has no retries left."""

    error: str | None
    catcher: int
    used_up: int | None = None


class Unanswered(NamedTuple):
    """``error`` ends the branch; ``used_up`` is a retrier that matches it but has no retries left."""

    error: str | None
    used_up: int | None = None


ChoiceDecision: TypeAlias = RuleChosen | NoRuleHolds | RuleFailed
ErrorDecision: TypeAlias = Retried | Caught | Unanswered
Decision: TypeAlias = ChoiceDecision | ErrorDecision | ItemsFound
