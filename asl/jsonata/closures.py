"""The closures of frequent nodes: fields of the context or a variable, and operators between two nodes."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from asl.jsonata.callables import Evaluate, Function, Lambda
from asl.jsonata.conversions import truth
from asl.jsonata.errors import JsonataError
from asl.jsonata.operators import calculate, is_equal, is_in, is_unequal
from asl.jsonata.runtime import Frame, Run
from asl.jsonata.steps import field, step_result
from asl.jsonata.values import UNDEFINED, Constructed, Document, Sequence, Value, unwrap

_EXACT: Final = 2**53
_NUMBERS: Final = (int, float)


def lookup(name: str, frame: Frame | None, built_ins: Mapping[str, Function]) -> Value:
    """The value of ``$name``; UNDEFINED if no scope has it."""
    while frame is not None:
        if name in frame.names:
            return frame.names[name]
        frame = frame.parent
    return built_ins.get(name, UNDEFINED)


def variable(name: str, built_in: Value) -> Evaluate:
    """``$name``; ``built_in`` is its value if no scope has it."""

    def variable(_: Value, frame: Frame) -> Value:
        scope: Frame | None = frame
        while scope is not None:
            if name in scope.names:
                value = scope.names[name]
                return unwrap(value) if type(value) is Sequence else value
            scope = scope.parent
        return built_in

    return variable


def single_field(name: str) -> Evaluate:
    """``name``: a field of the context."""
    names = [name]

    def single_field(context: Value, frame: Frame) -> Value:
        if type(context) is dict:
            value = context.get(name, UNDEFINED)
            return unwrap(Sequence(value)) if type(value) is Sequence else value
        return _walk(context, names, frame) if isinstance(context, list) else UNDEFINED

    return single_field


def fields(start: Evaluate, names: list[str]) -> Evaluate:
    """``start.name.name``: fields within fields of the value of ``start``."""

    def fields(context: Value, frame: Frame) -> Value:
        value = first = start(context, frame)
        for name in names:
            if type(value) is dict:
                value = value.get(name, UNDEFINED)
            elif isinstance(value, list):
                return _walk(first, names, frame)
            else:
                return UNDEFINED
        return unwrap(Sequence(value)) if type(value) is Sequence else value

    return fields


def fields_of_variable(variable_name: str, names: list[str], built_in: Value) -> Evaluate:
    """``$variable.name.name``, the most common form in state machines."""

    def fields_of_variable(_: Value, frame: Frame) -> Value:
        scope: Frame | None = frame
        value = built_in
        while scope is not None:
            if variable_name in scope.names:
                value = scope.names[variable_name]
                break
            scope = scope.parent
        first = value
        for name in names:
            if type(value) is dict:
                value = value.get(name, UNDEFINED)
            elif isinstance(value, list):
                return _walk(unwrap(first), names, frame)
            else:
                return UNDEFINED
        return unwrap(Sequence(value)) if type(value) is Sequence else value

    return fields_of_variable


def context_value(context: Value, _: Frame) -> Value:
    """``$``."""
    if type(context) is Document:
        return context[0]
    return unwrap(context) if type(context) is Sequence else context


def _walk(start: Value, names: list[str], frame: Frame) -> Value:
    """The fields if there is an array on the path: item by item."""
    items = start if isinstance(start, list) and type(start) is not Constructed else [start]
    last = len(names) - 1
    for at, name in enumerate(names):
        frame.run.step(len(items))
        results = []
        for item in items:
            value = item.get(name, UNDEFINED) if type(item) is dict else unwrap(field(name, item))
            if type(value) is Sequence:
                value = unwrap(value)
            if value is not UNDEFINED:
                results.append(value)
        items = step_result(results, last=at == last)
        if not items:
            break
    return unwrap(items)


def all_fields(context: Value, _: Frame) -> Value:
    """``*``: the values of all fields; an array among them is replaced by its items."""
    if type(context) is Document:
        context = context[0]
    if not isinstance(context, list | dict):
        return Sequence()
    found: list[Value] = Sequence()
    for value in context.values() if isinstance(context, dict) else context:
        if isinstance(value, list):
            # one array among the values, and a single result stays an array
            found = [*found, *_flat(value)]
        else:
            found.append(value)
    return found


def _flat(items: list[Value]) -> list[Value]:
    flat: list[Value] = []
    for item in items:
        if isinstance(item, list):
            flat.extend(_flat(item))
        else:
            flat.append(item)
    return flat


def everything_in(context: Value, frame: Frame) -> Value:
    """``**``: the context and all values inside, outer before inner."""
    found = Sequence()
    waiting = [context]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
            continue
        if value is not UNDEFINED:
            found.append(value)
        if isinstance(value, dict):
            waiting.extend(reversed(value.values()))
    frame.run.step(len(found))
    return found


def arithmetic(operator: str, left: Evaluate, right: Evaluate, position: int | None) -> Evaluate:
    """``+ - * / %``."""

    def slowly(a: Value, b: Value) -> Value:
        try:
            return calculate(operator, a, b)
        except JsonataError as error:
            raise _at(error, position, operator) from None

    def arithmetic(context: Value, frame: Frame) -> Value:
        return slowly(left(context, frame), right(context, frame))

    def add(context: Value, frame: Frame) -> Value:
        a, b = left(context, frame), right(context, frame)
        if type(a) is int and type(b) is int and -_EXACT <= (total := a + b) <= _EXACT:
            return total
        return slowly(a, b)

    return add if operator == "+" else arithmetic


def comparison(
    compare: Callable[[Value, Value], Value],
    operator: str,
    left: Evaluate,
    right: Evaluate,
    position: int | None,
) -> Evaluate:
    """``< <= > >=``."""

    def comparison(context: Value, frame: Frame) -> Value:
        a, b = left(context, frame), right(context, frame)
        try:
            return compare(a, b)
        except JsonataError as error:
            raise _at(error, position, operator) from None

    return comparison


_TOTAL: Final[dict[str, Callable[[Value, Value], bool]]] = {"=": is_equal, "!=": is_unequal, "in": is_in}
TOTAL: Final = frozenset(_TOTAL)
"""Operators that give a value for any two operands."""


def total(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    """``= != in``."""
    decide = _TOTAL[operator]

    def total(context: Value, frame: Frame) -> Value:
        return decide(left(context, frame), right(context, frame))

    def equals(context: Value, frame: Frame) -> Value:
        a, b = left(context, frame), right(context, frame)
        return a == b if type(a) is str and type(b) is str else is_equal(a, b)

    return equals if operator == "=" else total


def growing(
    make: Callable[[Value, Value, Run], Value],
    operator: str,
    left: Evaluate,
    right: Evaluate,
    position: int | None,
) -> Evaluate:
    """``&`` and ``..``, whose results are bounded in size."""

    def growing(context: Value, frame: Frame) -> Value:
        a, b = left(context, frame), right(context, frame)
        try:
            return make(a, b, frame.run)
        except JsonataError as error:
            raise _at(error, position, operator) from None

    return growing


def logical(operator: str, left: Evaluate, right: Evaluate, position: int | None) -> Evaluate:
    """``and`` and ``or``; the right side is not evaluated if the left one decides."""

    def conjunction(context: Value, frame: Frame) -> Value:
        a = left(context, frame)
        try:
            return truth(a) and truth(right(context, frame))
        except JsonataError as error:
            raise _at(error, position, "and") from None

    def disjunction(context: Value, frame: Frame) -> Value:
        a = left(context, frame)
        try:
            return truth(a) or truth(right(context, frame))
        except JsonataError as error:
            raise _at(error, position, "or") from None

    return conjunction if operator == "and" else disjunction


def _at(error: JsonataError, position: int | None, token: Any) -> JsonataError:
    error.position, error.token = position, token
    return error


def composed(first: Function, second: Function, frame: Frame) -> Function:
    """``first ~> second`` of two functions: a function that calls ``first``, then ``second``."""
    names = {"f": first, "g": second}
    return Lambda(["x"], None, composition(), None, Frame(names, None, frame.run, frame.depth))


@cache
def composition() -> Any:
    """The body of ``composed``; parsed when an expression that may compose is compiled, not when it runs."""
    from asl.jsonata.compiler import compile_body  # which imports this module
    from asl.jsonata.resolve import parse_expression
    from asl.jsonata.syntax import Lambda as LambdaNode

    node = parse_expression("function($f, $g) { function($x){ $g($f($x)) } }")
    assert isinstance(node, LambdaNode)
    assert isinstance(node.body, LambdaNode)
    return compile_body(node.body.body, {})
