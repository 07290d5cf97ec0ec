"""What a transform, ``|...|...|``, may change: its own evaluation's values, never those that the caller gave.

A transform changes the objects that its pattern finds. The pattern is evaluated in a copy of the argument, but it can
reach any variable: ``{} ~> |$config|{"n": 2}|`` changes ``$config`` for the rest of the evaluation, in jsonata, too.
The values of variables belong to the state machine and to other iterations, so such an evaluation runs on copies.
"""

from collections.abc import Iterator

from asl.jsonata.references import parts
from asl.jsonata.syntax import Node, Transform, Variable
from asl.jsonata.values import Value


def may_transform(node: Node) -> bool:
    """Whether there is a transform in ``node``, or ``$eval``, whose text may have one."""
    return any(
        isinstance(each, Transform) or (isinstance(each, Variable) and each.name == "eval") for each in _all(node)
    )


def _all(node: Node) -> Iterator[Node]:
    rest = [node]
    while rest:
        yield (each := rest.pop())
        rest += [part for part, _ in parts(each)]


def own_copy(value: Value) -> Value:
    """``value`` with its own arrays and objects; one that is found twice is copied once, so it stays one."""
    return _copy(value, {})


def _copy(value: Value, copies: dict[int, Value]) -> Value:
    if not isinstance(value, dict | list | tuple):
        return value
    if (known := copies.get(id(value))) is not None:
        return known
    made: Value
    if isinstance(value, dict):
        made = copies[id(value)] = {key: _copy(item, copies) for key, item in value.items()}
    else:
        made = copies[id(value)] = [_copy(item, copies) for item in value]
    return made
