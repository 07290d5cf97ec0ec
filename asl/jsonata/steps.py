"""The steps of a path: fields, predicates, groupings, orderings, and joined variables.

Every step takes the items found so far and gives the items that it finds in them; arrays among the results are
flattened by one level.
"""

import math
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

from asl.jsonata.callables import Evaluate
from asl.jsonata.conversions import boolean
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.runtime import Frame
from asl.jsonata.values import UNDEFINED, Constructed, Sequence, Tuples, Value, append, text_less

Filter: TypeAlias = Callable[[Value, Frame], Value]
"""Items (or one item) and variables -> the items that stay."""
PlainStep: TypeAlias = Callable[[list[Value], Frame], list[Value]]
TupleStep: TypeAlias = Callable[[Tuples | None, list[Value], Frame], Tuples]
"""The tuples so far, or, for the first step that binds variables, the items so far -> tuples."""
ITEM: Final = "@"
Item = TypeVar("Item")


def field(name: str, context: Value) -> Value:
    """The field of an object, or of every object in an array."""
    if type(context) is dict:
        return context.get(name, UNDEFINED)
    if not isinstance(context, list):
        return UNDEFINED
    found = Sequence()
    for item in context:
        value = field(name, item)
        if isinstance(value, list):
            found.extend(value)
        elif value is not UNDEFINED:
            found.append(value)
    return found


def flatten(results: list[Value]) -> Sequence:
    """All results in one sequence; arrays are replaced by their items, unless they were written in brackets."""
    flat = Sequence()
    for value in results:
        if isinstance(value, list) and type(value) is not Constructed:
            flat.extend(value)
        else:
            flat.append(value)
    return flat


def step_result(results: list[Value], *, last: bool) -> list[Value]:
    """The result of a step; an array that is the only result of the last step is kept as it is."""
    if last and len(results) == 1 and isinstance(results[0], list) and type(results[0]) is not Sequence:
        return results[0]
    return flatten(results)


def tuple_frame(frame: Frame, names: dict[str, Value]) -> Frame:
    """``frame`` with the variables of a tuple on top."""
    return Frame(names, frame, frame.run, frame.depth)


def index_filter(number: float) -> Filter:
    """``[3]``: the item at that index, counted from the end if it is negative."""
    index = math.floor(number) if math.isfinite(number) else None

    def pick(items: Value, _: Frame) -> Value:
        row = items if isinstance(items, list) else [items]
        result = Tuples() if type(items) is Tuples else Sequence()
        if index is not None and -len(row) <= index < len(row):
            item = row[index]
            if isinstance(item, list):
                return item
            if item is not UNDEFINED:
                result.append(item)
        return result

    return pick


def predicate_filter(predicate: Evaluate) -> Filter:
    """``[...]``: the items for which ``predicate`` is true, or whose index it gives."""

    def keep(items: Value, frame: Frame) -> Value:
        row = items if isinstance(items, list) else [items]
        tuples = type(items) is Tuples
        result = Tuples() if tuples else Sequence()
        frame.run.step(len(row))
        for index, item in enumerate(row):
            answer = predicate(item[ITEM], tuple_frame(frame, item)) if tuples else predicate(item, frame)
            if answer is True:
                result.append(item)
                continue
            kind = type(answer)
            if kind is int or kind is float:
                numbers = [answer]
            elif isinstance(answer, list) and answer and all(type(n) in (int, float) for n in answer):
                numbers = answer
            else:
                if boolean(answer):
                    result.append(item)
                continue
            result.extend(item for number in numbers if _indexes(number, index, len(row)))
        return result

    return keep


def _indexes(number: float, index: int, count: int) -> bool:
    if not math.isfinite(number):
        if number == number:
            raise JsonataError("D1001", value=number)
        return False
    wanted = math.floor(number)
    return index == (wanted if wanted >= 0 else count + wanted)


def number_tuples(name: str) -> Filter:
    """``#$name`` behind a predicate: every tuple gets its index."""

    def number(items: Value, _: Frame) -> Value:
        for index, names in enumerate(items):
            names[name] = index
        return items

    return number


def plain_step(evaluate: Evaluate, stages: list[Filter], *, last: bool) -> PlainStep:
    """A step that binds no variables."""

    def step(items: list[Value], frame: Frame) -> list[Value]:
        results = []
        frame.run.step(len(items))
        for item in items:
            value = evaluate(item, frame)
            for stage in stages:
                value = stage(value, frame)
            if value is not UNDEFINED:
                results.append(value)
        return step_result(results, last=last)

    return step


def tuple_step(
    evaluate: Evaluate, stages: list[Filter], *, focus: str | None, index: str | None, ancestor: str | None
) -> TupleStep:
    """A step that binds variables: to each item found (``focus``), to its index, or to its parent."""

    def step(tuples: Tuples | None, items: list[Value], frame: Frame) -> Tuples:
        result = Tuples()
        if tuples is None:
            tuples = Tuples({ITEM: item} for item in items)
        frame.run.step(len(tuples))
        for names in tuples:
            context = names[ITEM]
            found = evaluate(context, tuple_frame(frame, names))
            if found is UNDEFINED:
                continue
            if type(found) is Tuples:
                joined = [{**names, **inner} for inner in found]
            else:
                row = found if isinstance(found, list) else [found]
                joined = [{**names, (focus or ITEM): item} for item in row]
            for at, new in enumerate(joined):
                if type(found) is not Tuples:
                    if index:
                        new[index] = at
                    if ancestor:
                        new[ancestor] = context
                result.append(new)
        for stage in stages:
            result = stage(result, frame)
        return result

    return step


def sorted_items(order: PlainStep, stages: list[Filter]) -> PlainStep:
    """An ordering among steps that bind no variables."""

    def step(items: list[Value], frame: Frame) -> list[Value]:
        result = order(items, frame)
        for stage in stages:
            result = stage(result, frame)
        return result

    return step


def sorted_tuples(order: PlainStep, stages: list[Filter], index: str | None) -> TupleStep:
    """An ordering that binds its index, or that follows a step that binds variables."""

    def step(tuples: Tuples | None, items: list[Value], frame: Frame) -> Tuples:
        if tuples is None:
            rows = enumerate(order(items, frame))
            result = Tuples({ITEM: item, index: at} if index else {ITEM: item} for at, item in rows)
        else:
            result = Tuples(order(tuples, frame))
        for stage in stages:
            result = stage(result, frame)
        return result

    return step


def group_by(
    pairs: list[tuple[Evaluate, Evaluate]], position: int | None
) -> Callable[[Value, Frame], dict[str, Value]]:
    """``{key: value}``: items are grouped by key, then each key's value is evaluated once."""

    def group(items: Value, frame: Frame) -> dict[str, Value]:
        tuples = type(items) is Tuples
        row = items if isinstance(items, list) else [items]
        found: dict[str, tuple[Value, int]] = {}
        frame.run.step(len(row))
        if tuples and not row:  # the reference engine itself breaks here
            raise InternalError("Cannot read properties of undefined (reading '@')")
        for item in row or [UNDEFINED]:
            scope = tuple_frame(frame, item) if tuples else frame
            for at, (key_of, _) in enumerate(pairs):
                key = key_of(item[ITEM] if tuples else item, scope)
                if key is UNDEFINED:
                    continue
                if type(key) is not str:
                    raise JsonataError("T1003", position=position, value=key)
                if key not in found:
                    found[key] = (item, at)
                elif found[key][1] != at:
                    raise JsonataError("D1009", position=position, value=key)
                else:
                    found[key] = (append(found[key][0], item), at)
        result = {}
        for key, (data, at) in found.items():
            if tuples:
                names = _merge_tuples(data)
                value = pairs[at][1](names.pop(ITEM), tuple_frame(frame, names))
            else:
                value = pairs[at][1](data, frame)
            if value is not UNDEFINED:
                result[key] = value
        return result

    return group


def _merge_tuples(tuples: Value) -> dict[str, Value]:
    if not isinstance(tuples, list):
        return dict(tuples)
    merged = dict(tuples[0])
    for names in tuples[1:]:
        for name, value in names.items():
            merged[name] = append(merged.get(name, UNDEFINED), value)
    return merged


def order_by(terms: list[tuple[Evaluate, bool]], position: int | None) -> PlainStep:
    """``^(...)``: the items ordered by the terms; equal items keep their order. Raises T2007 and T2008."""

    def order(items: list[Value], frame: Frame) -> list[Value]:
        if len(items) < 2:
            return items
        frame.run.step(len(items))
        tuples = type(items) is Tuples
        result: list[Value] = Tuples() if tuples else []
        if len(terms) == 1 and not tuples and (quick := _sort_quickly(items, *terms[0], frame)):
            return quick
        compare = _comparison(terms, position, tuples=tuples)
        rows = [_Row(item, tuple_frame(frame, item) if tuples else frame) for item in items]
        result.extend(row.item for row in merge_sort(rows, compare))
        return result

    return order


def _sort_quickly(items: list[Value], term: Evaluate, descending: bool, frame: Frame) -> list[Value] | None:
    """``items`` in order if every key is a number or every key is an ASCII string; else ``None``."""
    try:
        keys = [term(item, frame) for item in items]
    except JsonataError:
        return None  # the caller sorts again pair by pair, which finds the same error as jsonata
    kinds = set(map(type, keys))
    if not (kinds <= {int, float} or (kinds == {str} and all(map(str.isascii, keys)))) or any(k != k for k in keys):
        return None
    at = sorted(range(len(items)), key=keys.__getitem__, reverse=descending)
    return [items[i] for i in at]


class _Row:
    """An item to be sorted, and those of its keys that were needed so far."""

    __slots__ = ("frame", "item", "keys")

    def __init__(self, item: Value, frame: Frame) -> None:
        self.item = item
        self.frame = frame
        self.keys: list[Value] = []


def _comparison(
    terms: list[tuple[Evaluate, bool]], position: int | None, *, tuples: bool
) -> Callable[[_Row, _Row], bool]:
    def key(row: _Row, at: int) -> Value:
        if at == len(row.keys):
            row.keys.append(terms[at][0](row.item[ITEM] if tuples else row.item, row.frame))
        return row.keys[at]

    def after(left: _Row, right: _Row) -> bool:
        for at, (_, descending) in enumerate(terms):
            a, b = key(left, at), key(right, at)
            if a is UNDEFINED or b is UNDEFINED:
                if a is b:
                    continue
                return a is UNDEFINED
            for value in (a, b):
                if type(value) not in (int, float, str):
                    raise JsonataError("T2008", position=position, value=value)
            text = type(a) is str
            if text != (type(b) is str):
                raise JsonataError("T2007", position=position, value=a, value2=b)
            if a == b:
                continue
            less = text_less(a, b) if text else a < b
            return less if descending else not less
        return False

    return after


def merge_sort(items: list[Item], after: Callable[[Item, Item], bool]) -> list[Item]:
    """``items`` in order; ``after(a, b)`` tells whether ``a`` belongs after ``b``.

    Compares the same pairs as jsonata, in the same order: a comparison may fail, and its error names the pair.
    """
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right = merge_sort(items[:middle], after), merge_sort(items[middle:], after)
    result, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if after(left[i], right[j]):
            result.append(right[j])
            j += 1
        else:
            result.append(left[i])
            i += 1
    return result + left[i:] + right[j:]
