"""The raw tree to nodes: paths are put together, ``%`` finds its step, tail calls are marked.

A path is flat: ``a.b[0].c`` has three steps, and the predicate belongs to the second. Where an expression
needs its parent (``%``), a ``Slot`` moves back along the path to the step that found the context; slots that
are still without a step when a node is complete are in its ``seeking``.
"""

from collections.abc import Callable
from typing import Any, Final, NoReturn

from asl.jsonata.errors import JsonataSyntaxError
from asl.jsonata.parser import Raw, parse_raw
from asl.jsonata.syntax import (
    Apply,
    ArrayConstructor,
    Binary,
    Bind,
    Block,
    Call,
    Condition,
    Descendants,
    Group,
    Lambda,
    Literal,
    Name,
    Negate,
    Node,
    ObjectConstructor,
    Parent,
    Partial,
    Path,
    Placeholder,
    RegexLiteral,
    Slot,
    Sort,
    Stage,
    Transform,
    Variable,
    Wildcard,
)

MAX_CHAIN: Final = 250
"""The most levels of operators in an expression; operators in a row count as levels, too."""


def parse_expression(text: str, *, coalescing: bool = False) -> Node:
    """The nodes of ``text``; raises ``JsonataSyntaxError``. ``coalescing`` adds jsonata 2.1's ``??`` and
    ``?:``.
    """
    node = _Resolver().node(parse_raw(text, coalescing=coalescing))
    if node.seeking or isinstance(node, Parent):
        raise _no_parent(node)
    return node


def _too_deep(position: int) -> JsonataSyntaxError:
    return JsonataSyntaxError(
        None,
        position=position,
        message=f"Expression has more than {MAX_CHAIN} operators in a row: bind parts of it to variables",
    )


def _no_parent(node: Node) -> JsonataSyntaxError:
    return JsonataSyntaxError("S0217", position=node.position, token=node.kind)


class _Resolver:
    def __init__(self) -> None:
        self._depth = 0
        self._slots = 0

    def node(self, raw: Raw) -> Node:
        """The node for ``raw`` and everything inside it."""
        self._depth += 1
        if self._depth > MAX_CHAIN:
            raise _too_deep(raw.position)
        made = _MAKERS[raw.value if raw.kind in ("binary", "unary") else raw.kind](self, raw)
        made.keep_array = made.keep_array or raw.keep_array
        self._depth -= 1
        return made

    def _inside(self, outer: Node, raw: Raw) -> Node:
        """The node for ``raw``; ``outer`` takes over the parents that it still needs."""
        inner = self.node(raw)
        _take_over(outer, inner)
        return inner

    # terminals

    def literal(self, raw: Raw) -> Node:
        return Literal(value=raw.value, position=raw.position)

    def name(self, raw: Raw) -> Node:
        step = Name(name=raw.value, position=raw.position)
        step.keep_array = raw.keep_array
        return Path(steps=[step], keep_singleton=raw.keep_array, position=None)

    def variable(self, raw: Raw) -> Node:
        return Variable(name=raw.value, position=raw.position)

    def regex(self, raw: Raw) -> Node:
        return RegexLiteral(regex=raw.value, position=raw.position)

    def wildcard(self, raw: Raw) -> Node:
        return Wildcard(position=raw.position)

    def descendants(self, raw: Raw) -> Node:
        return Descendants(position=raw.position)

    def parent(self, _: Raw) -> Node:
        self._slots += 1
        return Parent(slot=Slot(f"!{self._slots}"), position=None)

    def operator(self, raw: Raw) -> Node:
        """An operator in the place of an operand: a field of that name, or ``?`` among arguments."""
        if raw.value == "?":
            return Placeholder(position=raw.position)
        return self.name(raw)

    def end(self, raw: Raw) -> NoReturn:
        raise JsonataSyntaxError("S0207", position=raw.position, token=raw.value)

    # paths

    def path(self, raw: Raw) -> Node:
        """All steps of a chain of dots, from the left."""
        dots = [raw]
        first = _left(raw)
        while first.kind == "binary" and first.value == ".":
            dots.append(first)
            first = _left(first)
        start = self.node(first)
        path = start if isinstance(start, Path) else Path(steps=[start], position=None)
        if isinstance(start, Parent):
            path.seeking.append(start.slot)
        for dot in reversed(dots):
            self._add_step(path, self.node(_right(dot)))
            path.keep_array = path.keep_array or dot.keep_array
        return path

    def _add_step(self, path: Path, step: Node) -> None:
        if isinstance(step, Path):
            path.steps.extend(step.steps)
        else:
            step.stages, step.predicates = step.predicates or step.stages, []
            path.steps.append(step)
        for index, each in enumerate(path.steps):
            if isinstance(each, Literal):
                if not isinstance(each.value, str):
                    raise JsonataSyntaxError("S0213", position=each.position, value=each.value)
                path.steps[index] = _as_name(each)
        path.keep_singleton = path.keep_singleton or any(each.keep_array for each in path.steps)
        for end in (path.steps[0], path.steps[-1]):
            if isinstance(end, ArrayConstructor):
                end.constructs = True
        _find_parents(path)

    def predicate(self, raw: Raw) -> Node:
        result = self.node(_left(raw))
        step = result.steps[-1] if isinstance(result, Path) else result
        if step.group:
            raise JsonataSyntaxError("S0209", position=raw.position)
        predicate = self.node(_right(raw))
        if predicate.seeking:
            for slot in predicate.seeking:
                if slot.level == 1:
                    _seek(step, slot)
                else:
                    slot.level -= 1
            _take_over(step, predicate)
        stages = step.stages if isinstance(result, Path) else step.predicates
        stages.append(Stage(predicate=predicate, position=raw.position))
        return result

    def group(self, raw: Raw) -> Node:
        result = self.node(_left(raw))
        if result.group:
            raise JsonataSyntaxError("S0210", position=raw.position)
        pairs = [(self.node(key), self.node(value)) for key, value in raw.items]
        result.group = Group(pairs=pairs, position=raw.position)
        return result

    def order(self, raw: Raw) -> Node:
        result = self.node(_left(raw))
        path = result if isinstance(result, Path) else Path(steps=[result], position=None)
        sort = Sort(terms=[], position=raw.position)
        for term, descending in raw.items:
            sort.terms.append((self._inside(sort, term), descending))
        path.steps.append(sort)
        _find_parents(path)
        return path

    def focus(self, raw: Raw) -> Node:
        result = self.node(_left(raw))
        step = result.steps[-1] if isinstance(result, Path) else result
        if step.stages or step.predicates:
            raise JsonataSyntaxError("S0215", position=raw.position)
        if isinstance(step, Sort):
            raise JsonataSyntaxError("S0216", position=raw.position)
        step.keep_array = step.keep_array or raw.keep_array
        step.focus = _right(raw).value
        step.binds = True
        return result

    def index(self, raw: Raw) -> Node:
        result = self.node(_left(raw))
        if not isinstance(result, Path):
            result.stages, result.predicates = result.predicates, []
            result = Path(steps=[result], position=None)
        step = result.steps[-1]
        name = _right(raw).value
        if step.stages:
            step.stages.append(Stage(index=name, position=raw.position))
        else:
            step.index = name
        step.binds = True
        return result

    # operators and constructors

    def binary(self, raw: Raw) -> Node:
        left, right = self.node(_left(raw)), self.node(_right(raw))
        result = Binary(operator=raw.value, left=left, right=right, position=raw.position)
        _take_over(result, left)
        _take_over(result, right)
        return result

    def apply(self, raw: Raw) -> Node:
        left, right = self.node(_left(raw)), self.node(_right(raw))
        result = Apply(left=left, right=right, position=raw.position)
        result.keep_array = left.keep_array or right.keep_array
        return result

    def bind(self, raw: Raw) -> Node:
        value = self.node(_right(raw))
        result = Bind(name=_left(raw).value, value=value, position=raw.position)
        _take_over(result, value)
        return result

    def minus(self, raw: Raw) -> Node:
        """Minus with one or two operands; a negative number is a literal."""
        if raw.left:
            return self.binary(raw)
        operand = self.node(_right(raw))
        if isinstance(operand, Literal) and operand.kind == "number":
            operand.value = -operand.value if operand.value else -0.0
            return operand
        result = Negate(operand=operand, position=raw.position)
        _take_over(result, operand)
        return result

    def array(self, raw: Raw) -> Node:
        """A predicate behind an operand, else an array constructor."""
        if raw.left:
            return self.predicate(raw)
        result = ArrayConstructor(items=[], position=raw.position)
        result.items = [self._inside(result, item) for item in raw.items]
        return result

    def object(self, raw: Raw) -> Node:
        """A grouping behind an operand, else an object constructor."""
        if raw.left:
            return self.group(raw)
        result = ObjectConstructor(pairs=[], position=raw.position)
        result.pairs = [(self._inside(result, key), self._inside(result, value)) for key, value in raw.items]
        return result

    def condition(self, raw: Raw) -> Node:
        parts = [self.node(item) for item in raw.items]
        otherwise = parts[2] if len(parts) == 3 else None
        result = Condition(test=parts[0], then=parts[1], otherwise=otherwise, position=raw.position)
        for part in parts:
            _take_over(result, part)
        return result

    def block(self, raw: Raw) -> Node:
        result = Block(expressions=[], position=raw.position)
        for item in raw.items:
            part = self._inside(result, item)
            first = part.steps[0] if isinstance(part, Path) else part
            result.constructs = result.constructs or first.constructs
            result.expressions.append(part)
        return result

    def transform(self, raw: Raw) -> Node:
        parts = [self.node(item) for item in raw.items]
        delete = parts[2] if len(parts) == 3 else None
        return Transform(pattern=parts[0], update=parts[1], delete=delete, position=raw.position)

    # functions

    def call(self, raw: Raw) -> Node:
        kind = Call if raw.kind == "function" else Partial
        result = kind(procedure=_NOTHING, arguments=[], position=raw.position)
        result.arguments = [self._inside(result, argument) for argument in raw.items]
        result.procedure = self.node(_left(raw))
        return result

    def function(self, raw: Raw) -> Node:
        body = self.node(_right(raw))
        _mark_tail_calls(body)
        return Lambda(
            parameters=[parameter.value for parameter in raw.items],
            signature=raw.signature,
            body=body,
            position=raw.position,
        )


_NOTHING: Final = Literal(value=None, position=0)

_MAKERS: Final[dict[Any, Callable[[_Resolver, Raw], Node]]] = {
    "string": _Resolver.literal,
    "number": _Resolver.literal,
    "value": _Resolver.literal,
    "name": _Resolver.name,
    "variable": _Resolver.variable,
    "regex": _Resolver.regex,
    "wildcard": _Resolver.wildcard,
    "descendant": _Resolver.descendants,
    "parent": _Resolver.parent,
    "operator": _Resolver.operator,
    "(end)": _Resolver.end,
    ".": _Resolver.path,
    "[": _Resolver.array,
    "{": _Resolver.object,
    "^": _Resolver.order,
    "@": _Resolver.focus,
    "#": _Resolver.index,
    ":=": _Resolver.bind,
    "~>": _Resolver.apply,
    "-": _Resolver.minus,
    **dict.fromkeys(
        ("+", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "..", "and", "or", "in"), _Resolver.binary
    ),
    "condition": _Resolver.condition,
    "block": _Resolver.block,
    "transform": _Resolver.transform,
    "function": _Resolver.call,
    "partial": _Resolver.call,
    "lambda": _Resolver.function,
}


def _left(raw: Raw) -> Raw:
    assert raw.left is not None
    return raw.left


def _right(raw: Raw) -> Raw:
    assert raw.right is not None
    return raw.right


def _as_name(literal: Literal) -> Name:
    """A string as a step of a path is a field's name."""
    return Name(
        name=literal.value,
        position=literal.position,
        stages=literal.stages,
        predicates=literal.predicates,
        group=literal.group,
        focus=literal.focus,
        index=literal.index,
        binds=literal.binds,
        keep_array=literal.keep_array,
        seeking=literal.seeking,
    )


def _mark_tail_calls(node: Node) -> None:
    """Mark the calls whose result is the function's: they replace its frame instead of running on top of it."""
    if isinstance(node, Call) and not node.predicates:
        node.tail = True
    elif isinstance(node, Condition):
        _mark_tail_calls(node.then)
        if node.otherwise:
            _mark_tail_calls(node.otherwise)
    elif isinstance(node, Block) and node.expressions:
        _mark_tail_calls(node.expressions[-1])


def _take_over(outer: Node, inner: Node) -> None:
    outer.seeking.extend(inner.seeking)
    if isinstance(inner, Parent):
        outer.seeking.append(inner.slot)


def _find_parents(path: Path) -> None:
    """Send the slots of the last step back along the path; those without a step pass to the path's ``seeking``."""
    last = path.steps[-1]
    wanted = [*last.seeking, *([last.slot] if isinstance(last, Parent) else [])]
    for slot in wanted:
        at = len(path.steps) - 2
        while slot.level > 0:
            if at < 0:
                path.seeking.append(slot)
                break
            step = path.steps[at]
            at -= 1
            while at >= 0 and step.focus and path.steps[at].focus:  # steps that bind variables share their context
                step = path.steps[at]
                at -= 1
            _seek(step, slot)


def _seek(node: Node, slot: Slot) -> None:
    """Let ``node`` supply the parent that ``slot`` needs, or send it further back."""
    if isinstance(node, Name | Wildcard):
        slot.level -= 1
        if slot.level == 0:
            if node.ancestor:
                slot.label = node.ancestor.label
            node.ancestor = slot
            node.binds = True
    elif isinstance(node, Parent):
        slot.level += 1
    elif isinstance(node, Block):
        if node.expressions:
            node.binds = True
            _seek(node.expressions[-1], slot)
    elif isinstance(node, Path):
        node.binds = True
        at = len(node.steps) - 1
        _seek(node.steps[at], slot)
        while slot.level > 0 and at > 0:
            at -= 1
            _seek(node.steps[at], slot)
    else:
        raise _no_parent(node)
