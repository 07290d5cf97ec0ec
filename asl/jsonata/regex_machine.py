"""A backtracking matcher for JavaScript's regular expressions that counts its steps.

A pattern becomes a list of instructions. Where there is more than one way to continue, the alternatives wait on
a stack, so neither long texts nor deep patterns use Python's stack. Registers hold the ends of the groups, and
the counts and places of repetitions.
"""

from collections.abc import Callable
from typing import Any, Final

from asl.jsonata.regex_syntax import (
    LINE_ENDS,
    WORDS,
    BackReference,
    Capture,
    Chars,
    Choice,
    Edge,
    Look,
    Pattern,
    Repeat,
    Row,
)
from asl.jsonata.runtime import Run

_STEPS_PER_COUNT: Final = 10
"""The number of instructions that count as one step of an evaluation, which costs that much more."""

Registers = list[int]
Instruction = tuple[Any, ...]


class Machine:
    """``tree`` as instructions."""

    __slots__ = ("_groups", "_ignore_case", "_multiline", "_program", "_registers", "_sets")

    def __init__(self, tree: Pattern, groups: int, *, ignore_case: bool, multiline: bool) -> None:
        self._groups = groups
        self._ignore_case = ignore_case
        self._multiline = multiline
        self._registers = 2 * (groups + 1)
        self._sets: dict[Chars, _Set] = {}
        self._program: list[Instruction] = []
        self._emit(self._program, tree, forward=True)
        self._program.append(("done",))

    def search(self, text: str, start: int, run: Run) -> list[tuple[int, int]] | None:
        """Start and end of the first match from ``start`` on and of its groups; -1 for a group without text."""
        for at in range(start, len(text) + 1):
            registers = [-1] * self._registers
            end = self._run(self._program, text, at, registers, run)
            if end is not None:
                pairs = end[0]
                pairs[0], pairs[1] = at, end[1]
                return [(pairs[2 * i], pairs[2 * i + 1]) for i in range(self._groups + 1)]
        return None

    # instructions

    def _set(self, chars: Chars) -> "_Set":
        if chars not in self._sets:
            self._sets[chars] = _Set(chars, ignore_case=self._ignore_case)
        return self._sets[chars]

    def _emit(self, code: list[Instruction], tree: Pattern, *, forward: bool) -> None:
        match tree:
            case Chars():
                code.append(("unit", self._set(tree), forward))
            case Row(parts):
                for part in parts if forward else reversed(parts):
                    self._emit(code, part, forward=forward)
            case Choice(branches):
                self._emit_choice(code, branches, forward=forward)
            case Capture(body, number):
                first, second = (2 * number, 2 * number + 1) if forward else (2 * number + 1, 2 * number)
                code.append(("save", first))
                self._emit(code, body, forward=forward)
                code.append(("save", second))
            case BackReference(number):
                code.append(("again", number, forward))
            case Edge(kind):
                code.append(("edge", _EDGES[kind], self._multiline))
            case Look(body, ahead, negative):
                inner: list[Instruction] = []
                self._emit(inner, body, forward=ahead)
                inner.append(("done",))
                code.append(("look", inner, negative))
            case Repeat(Chars() as chars, least, most, lazy):
                code.append(("span", self._set(chars), least, most, lazy, forward))
            case _:
                self._emit_repeat(code, tree, forward=forward)

    def _emit_choice(self, code: list[Instruction], branches: tuple[Pattern, ...], *, forward: bool) -> None:
        ends = []
        for branch in branches[:-1]:
            fork = len(code)
            code.append(())
            self._emit(code, branch, forward=forward)
            ends.append(len(code))
            code.append(())
            code[fork] = ("fork", fork + 1, len(code))
        self._emit(code, branches[-1], forward=forward)
        for end in ends:
            code[end] = ("jump", len(code))

    def _emit_repeat(self, code: list[Instruction], repeat: Repeat, *, forward: bool) -> None:
        count, place = self._registers, self._registers + 1
        self._registers += 2
        code.append(("set", count, 0))
        loop = len(code)
        code.append(())
        code.append(("begin", count, place, 2 * repeat.groups[0], 2 * repeat.groups[1] + 2))
        self._emit(code, repeat.body, forward=forward)
        code.append(("again?", count, place, repeat.least, loop))
        code[loop] = ("loop", count, repeat.least, repeat.most, repeat.lazy, loop + 1, len(code))

    # the run

    def _run(
        self, code: list[Instruction], text: str, at: int, registers: Registers, run: Run
    ) -> tuple[Registers, int] | None:
        """Registers and place at the end of a match that begins at ``at``."""
        stack: list[tuple[int, int, Registers, int]] = []  # where to continue; the last number is for spans
        pc, length, ticks = 0, len(text), 0
        while True:
            ticks += 1
            if ticks == _STEPS_PER_COUNT:
                ticks = 0
                run.step()
            instruction = code[pc]
            kind = instruction[0]
            pc += 1
            matched = True
            if kind == "unit":
                _, units, forward = instruction
                if forward:
                    matched = at < length and units.has(text[at])
                    at += 1
                else:
                    at -= 1
                    matched = at >= 0 and units.has(text[at])
            elif kind == "span":
                _, units, least, most, lazy, forward = instruction
                reached = _reach(text, at, units, least, least, forward=forward)
                if reached is None:
                    matched = False
                elif lazy:
                    limit = _limit(at, most, length, forward=forward)
                    at = reached
                    if _goes_on(text, at, units, limit, forward=forward):
                        stack.append((-pc, at, registers, limit))
                        registers = registers[:]
                else:
                    farthest = _reach(text, at, units, 0, most, forward=forward)
                    assert farthest is not None
                    at = farthest
                    if at != reached:
                        stack.append((-pc, at, registers, reached))
                        registers = registers[:]
            elif kind == "fork":
                stack.append((instruction[2], at, registers, 0))
                registers = registers[:]
                pc = instruction[1]
            elif kind == "jump":
                pc = instruction[1]
            elif kind == "save":
                registers[instruction[1]] = at
            elif kind == "set":
                registers[instruction[1]] = instruction[2]
            elif kind == "loop":
                _, count, least, most, lazy, body, exit_ = instruction
                done = registers[count]
                if done < least:
                    pc = body
                elif most is not None and done >= most:
                    pc = exit_
                else:
                    stack.append((body if lazy else exit_, at, registers, 0))
                    registers = registers[:]
                    pc = exit_ if lazy else body
            elif kind == "begin":
                _, count, place, low, high = instruction
                registers[count] += 1
                registers[place] = at
                registers[low:high] = [-1] * (high - low) if high > low else []
            elif kind == "again?":
                _, count, place, least, loop = instruction
                # an empty iteration ends the repetition, unless it was required
                matched = registers[place] != at or registers[count] <= least
                pc = loop
            elif kind == "again":
                _, number, forward = instruction
                start, end = registers[2 * number], registers[2 * number + 1]
                if start >= 0 and end >= 0:
                    size = end - start
                    here = at if forward else at - size
                    matched = here >= 0 and self._same(text[start:end], text[here : here + size])
                    at = at + size if forward else here
            elif kind == "edge":
                matched = instruction[1](text, at, instruction[2])
            elif kind == "look":
                _, inner, negative = instruction
                found = self._run(inner, text, at, registers[:], run)
                matched = (found is None) is negative
                if found and not negative:
                    registers = found[0]
            else:
                return registers, at
            if matched:
                continue
            if not stack:
                return None
            pc, at, registers, limit = stack.pop()
            if pc < 0:  # a span: one unit less, or one more if it is lazy
                pc = -pc
                _, units, _, _, lazy, forward = code[pc - 1]
                at += 1 if lazy is forward else -1
                if _goes_on(text, at, units, limit, forward=forward) if lazy else at != limit:
                    stack.append((-pc, at, registers, limit))
                    registers = registers[:]

    def _same(self, left: str, right: str) -> bool:
        if not self._ignore_case:
            return left == right
        return [_folded(c) for c in left] == [_folded(c) for c in right]


class _Set:
    """The units that ``chars`` stands for; results are cached."""

    __slots__ = ("_chars", "_ignore_case", "_known")

    def __init__(self, chars: Chars, *, ignore_case: bool) -> None:
        self._chars = chars
        self._ignore_case = ignore_case
        self._known: dict[str, bool] = {}

    def has(self, unit: str) -> bool:
        """Whether ``unit`` is one of them."""
        known = self._known.get(unit)
        if known is None:
            alike = {unit}
            if self._ignore_case:
                folded = _folded(unit)
                alike |= {c for c in (unit.lower(), unit.upper(), folded) if len(c) == 1 and _folded(c) == folded}
            known = self._known[unit] = self._chars.negative != any(
                low <= ord(c) <= high for c in alike for low, high in self._chars.ranges
            )
        return known


def _folded(unit: str) -> str:
    """``unit`` as JavaScript compares it when ignoring case."""
    upper = unit.upper()
    return unit if len(upper) != 1 or (unit > "\x7f" and upper <= "\x7f") else upper


def _reach(text: str, at: int, units: _Set, least: int, most: int | None, *, forward: bool) -> int | None:
    """The end of up to ``most`` units of the set from ``at`` on; ``None`` if there are fewer than ``least``."""
    limit = _limit(at, most, len(text), forward=forward)
    start = at
    if forward:
        while at < limit and units.has(text[at]):
            at += 1
    else:
        while at > limit and units.has(text[at - 1]):
            at -= 1
    return at if abs(at - start) >= least else None


def _limit(at: int, most: int | None, length: int, *, forward: bool) -> int:
    if forward:
        return length if most is None else min(length, at + most)
    return 0 if most is None else max(0, at - most)


def _goes_on(text: str, at: int, units: _Set, limit: int, *, forward: bool) -> bool:
    """Whether the unit next to ``at`` also belongs to the span."""
    if at == limit:
        return False
    return units.has(text[at] if forward else text[at - 1])


_LINE_END: Final = _Set(Chars(LINE_ENDS), ignore_case=False)
_WORD: Final = _Set(Chars(WORDS), ignore_case=False)


def _at_start(text: str, at: int, multiline: bool) -> bool:
    return at == 0 or (multiline and _LINE_END.has(text[at - 1]))


def _at_end(text: str, at: int, multiline: bool) -> bool:
    return at == len(text) or (multiline and _LINE_END.has(text[at]))


def _at_word_edge(text: str, at: int, _: bool) -> bool:
    before = at > 0 and _WORD.has(text[at - 1])
    return before != (at < len(text) and _WORD.has(text[at]))


def _inside_word_or_space(text: str, at: int, multiline: bool) -> bool:
    return not _at_word_edge(text, at, multiline)


_EDGES: Final[dict[str, Callable[[str, int, bool], bool]]] = {
    "^": _at_start,
    "$": _at_end,
    "b": _at_word_edge,
    "B": _inside_word_or_space,
}
