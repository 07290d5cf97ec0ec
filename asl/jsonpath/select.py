"""Tokens -> functions that take the values found so far and give the values found next.

A path is read token by token over a list of values: no recursion, so neither a long path nor a deep document
can exhaust the stack. While everything before a token is definite (one name or index at a time) a miss is an
error whose text and place are known when the path is compiled; after the first wildcard a miss just finds
nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from asl.jsonpath import syntax
from asl.jsonpath.errors import PathNotApplicable, PathNotFound
from asl.jsonpath.filters import OPERATORS, UNDEFINED
from asl.jsonpath.functions import FUNCTIONS, Function, OutOfBounds, length
from asl.jsonpath.java import java_class, java_text
from asl.jsonpath.syntax import (
    All,
    Argument,
    Compare,
    Descend,
    Exists,
    Filter,
    FunctionCall,
    Indexes,
    Inner,
    Literal,
    Names,
    Not,
    Operand,
    Pattern,
    Slice,
    Some,
    Test,
    Token,
    Tokens,
    Wildcard,
)
from asl.values import Json

Select: TypeAlias = Callable[[list[Json], Json], list[Json]]
"""(values found so far, the whole document) -> values found next."""

Predicate: TypeAlias = Callable[[Json, Json], bool]
"""(item, the whole document) -> whether the filter takes it."""

Value: TypeAlias = Callable[[Json, Json], Any]
"""(item, the whole document) -> an operand's value, or ``UNDEFINED``."""

Keys: TypeAlias = tuple[str | int, ...]

_NO_OBJECT: Final = (
    "Expected to find an object with property {property} in path {place} but found '{found}'. This is not a "
    "json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
)


# -- tokens


def is_definite(token: Token, *, leaf: bool) -> bool:
    """Whether the token finds at most one value; several names do at the end of a path, as one object."""
    match token:
        case Names(names):
            return len(names) == 1 or leaf
        case Indexes(indexes):
            return len(indexes) == 1
        case FunctionCall():
            return True
        case Slice() | Wildcard() | Descend() | Filter():  # pragma: no branch - the last kind there is
            return False


def definite(tokens: Tokens) -> bool:
    """Whether the path finds at most one value."""
    return all(is_definite(token, leaf=token is tokens[-1]) for token in tokens)


def reference_keys(tokens: Tokens) -> Keys | None:
    """The names and indexes of a path that consists only of these, else ``None``."""
    keys: list[str | int] = []
    for token in tokens:
        match token:
            case Names((name,)):
                keys.append(name)
            case Indexes((index,)):
                keys.append(index)
            case _:
                return None
    return tuple(keys)


def compile_tokens(tokens: Tokens) -> list[Select]:
    """The functions to apply one after another to ``[document]``."""
    selects: list[Select] = []
    plain: list[Select] = []
    upstream, place = True, "$"
    for position, token in enumerate(tokens):
        leaf = position == len(tokens) - 1
        here = syntax.normal_form("", tokens[position:])
        after_descend = position > 0 and isinstance(tokens[position - 1], Descend)
        in_array = any(isinstance(each, _OF_ARRAYS) for each in tokens[:position])
        selects.append(_compile(token, place if upstream else None, here, leaf=leaf, in_array=in_array))
        plain.append(selects[-1])
        if after_descend:
            selects[-2:] = [_below(token, selects[-1], leaf=leaf)]
        elif position > 1 and _is_scanned(tokens[position - 2 : position + 1]):
            selects[-2:] = [_scan(tokens[position - 1], plain[position - 1], token, selects[-1], leaf=leaf)]
        upstream = upstream and is_definite(token, leaf=leaf)
        place += _place(token)
    return selects


def _place(token: Token) -> str:
    """The token in the place where something is missing: always in single quotes, without functions."""
    if isinstance(token, FunctionCall):
        return ""
    return str(Names(token.names) if isinstance(token, Names) else token)


_OF_ARRAYS: Final = (Indexes, Slice, Wildcard, Filter)
"""The tokens that take items of arrays."""


def _compile(token: Token, place: str | None, here: str, *, leaf: bool, in_array: bool) -> Select:
    """``place``: the path before this token if that is definite; ``here``: the path from this token on.

    ``in_array``: whether a token before takes items of arrays.
    """
    match token:
        case Names((name,)):
            return _name(name, token, place, leaf=leaf)
        case Names():
            return _merge(token, place) if leaf else _each(token, place)
        case Indexes() | Slice():
            return _items(token, place, here)
        case Wildcard():
            return _children
        case Descend():
            return _containers
        case Filter(test):
            return _filter(test, place, here)
        case FunctionCall():  # pragma: no branch - the last kind there is
            return _call(token, in_array=in_array)


def _not_an_object(token: Names, place: str, found: Json) -> PathNotFound:
    properties = str(token)
    return PathNotFound(_NO_OBJECT.format(property=properties, place=place, found=java_class(found)))


def _name(name: str, token: Names, place: str | None, *, leaf: bool) -> Select:
    missing = f"Missing property in path {place}{_place(token)}"

    def select(nodes: list[Json], _: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            if isinstance(node, dict):
                if name in node:
                    found.append(node[name])
                elif place is not None and not leaf:
                    raise PathNotFound(missing)
            elif place is not None:
                raise _not_an_object(token, place, node)
        return found

    return select


def _merge(token: Names, place: str | None) -> Select:
    """``['a','b']`` at the end of a path: an object of the members that exist."""
    names = token.names

    def select(nodes: list[Json], _: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            if isinstance(node, dict):
                found.append({name: node[name] for name in names if name in node})
            elif place is not None:
                raise _not_an_object(token, place, node)
        return found

    return select


def _each(token: Names, place: str | None) -> Select:
    """``['a','b']`` before more tokens: the value of each member that exists."""
    names = token.names

    def select(nodes: list[Json], _: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            if isinstance(node, dict):
                found += [node[name] for name in names if name in node]
            elif place is not None:
                raise _not_an_object(token, place, node)
        return found

    return select


def _items(token: Indexes | Slice, place: str | None, here: str) -> Select:
    take = _at(token.indexes) if isinstance(token, Indexes) else _part(token)

    def select(nodes: list[Json], _: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            if isinstance(node, list):
                found += take(node)
            elif place is not None:
                if node is None:
                    raise PathNotApplicable(f"The path {place} is null")
                raise PathNotApplicable(
                    f"Filter: {here} can only be applied to arrays. Current context is: {java_text(node)}"
                )
        return found

    return select


def _at(indexes: tuple[int, ...]) -> Callable[[list[Json]], list[Json]]:
    return lambda items: [items[index] for index in indexes if -len(items) <= index < len(items)]


def _part(token: Slice) -> Callable[[list[Json]], list[Json]]:
    """The items of a slice as json-path takes them.

    ``[-2:]`` and ``[:-2]`` count from the end. Between two ends nothing is converted: every index from the first to
    before the second is taken by itself, a negative one from the end. So ``[1:-1]`` is empty, ``[-99:2]`` is all
    items and then the first two.
    """
    start, stop = token.start, token.stop
    if start is None or stop is None or (start < 0) == (stop < 0):
        part = slice(start, stop)
        return lambda items: items[part]
    if stop < 0:
        return lambda _: []
    return lambda items: items[start:] + items[:stop]


def _children(nodes: list[Json], _: Json) -> list[Json]:
    found: list[Json] = []
    for node in nodes:
        if isinstance(node, dict):
            found += node.values()
        elif isinstance(node, list):
            found += node
    return found


def _containers(nodes: list[Json], _: Json) -> list[Json]:
    """Every array and object in and below ``nodes``, parents first."""
    found: list[Json] = []
    rest = [node for node in reversed(nodes) if isinstance(node, dict | list)]
    while rest:
        node = rest.pop()
        found.append(node)
        children = node.values() if isinstance(node, dict) else node
        rest += [child for child in reversed(list(children)) if isinstance(child, dict | list)]
    return found


def _below(token: Token, select: Select, *, leaf: bool) -> Select:
    """``select`` on every array and object below that the token fits."""
    if isinstance(token, FunctionCall):
        return lambda _nodes, _document: []
    fits = _fits(token, leaf=leaf)

    def descend(nodes: list[Json], document: Json) -> list[Json]:
        containers = [node for node in _containers(nodes, document) if fits(node, document)]
        return select(containers, document)

    return descend


_SCANNED: Final = (Indexes, Slice, Wildcard)
"""The tokens that ``_scan`` takes together with the token behind them."""


def _is_scanned(tokens: Tokens) -> bool:
    """Whether the three tokens are ``..``, one of ``_SCANNED``, and one that ``_scan`` can apply to an item."""
    scan, token, behind = tokens
    return isinstance(scan, Descend) and isinstance(token, _SCANNED) and not isinstance(behind, Descend)


def _scan(token: Token, select: Select, behind: Token, then: Select, *, leaf: bool) -> Select:
    """``..[0].a``: json-path applies the token behind to each item of every array, whatever the index is.

    Only where that token is a name or a wildcard at the end of the path, and the item an object, does json-path look at
    the index: at that of the item that it visited last. A wildcard is never that index, so ``..*.a`` finds no more once
    an array was visited.
    """
    on_objects = isinstance(token, Wildcard)
    looks = leaf and (isinstance(behind, Wildcard) or (isinstance(behind, Names) and len(behind.names) == 1))
    wanted = str(token)

    def scan(nodes: list[Json], document: Json) -> list[Json]:
        found: list[Json] = []
        at = -1
        for node in _containers(nodes, document):
            if isinstance(node, list):
                for at, item in enumerate(node):
                    if not looks or not isinstance(item, dict) or wanted == f"[{at}]":
                        found += then([item], document)
            elif on_objects:
                for item in select([node], document):
                    if not looks or not isinstance(item, dict) or at == -1 or wanted == f"[{at}]":
                        found += then([item], document)
        return found

    return scan


def _fits(token: Token, *, leaf: bool) -> Predicate:
    """Which arrays and objects a token after ``..`` is applied to."""
    match token:
        case Names(names) if leaf:
            wanted = frozenset(names)
            return lambda node, _: isinstance(node, dict) and wanted <= node.keys()
        case Filter(test):
            return compile_test(test)
        case _:
            return lambda _node, _: True


def _filter(test: Test, place: str | None, here: str) -> Select:
    takes = compile_test(test)

    def select(nodes: list[Json], document: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            if isinstance(node, list):
                found += [item for item in node if takes(item, document)]
            elif isinstance(node, dict):
                if takes(node, document):
                    found.append(node)
            elif place is not None:
                raise PathNotApplicable(
                    f"Filter: {here} can not be applied to primitives. Current context is: {java_text(node)}"
                )
        return found

    return select


def _call(call: FunctionCall, *, in_array: bool) -> Select:
    """A function's value for each value found so far.

    A path in an argument is read from the whole document. Where the path has taken items of an array, an item without
    the index that a function wants is left out, as one without the index of a token is.
    """
    function = FUNCTIONS.get(call.name, _unknown)
    if call.name in ("length", "size") and call.arguments:
        function = _length_of(call.arguments[0])
    arguments = [_argument(argument) for argument in call.arguments]

    def select(nodes: list[Json], document: Json) -> list[Json]:
        found: list[Json] = []
        for node in nodes:
            values = [argument(document) for argument in arguments]
            try:
                found.append(function(node, values))
            except OutOfBounds:
                if not in_array:
                    raise
        return found

    return select


def _unknown(_value: Json, _arguments: Sequence[Json]) -> Json:
    """A function that does not exist: in a filter, its path finds nothing."""
    raise PathNotApplicable("Function does not exist")


def _length_of(argument: Argument) -> Function:
    """``length`` with an argument: of what a path finds in the value, the number of items or members.

    json-path puts a wildcard behind the path, and counts. Where that is not possible it is the value's own length.
    """
    assert isinstance(argument, Inner), "the parser refuses another argument"
    tokens = argument.tokens
    if not tokens or isinstance(tokens[-1], FunctionCall):
        read = _inner(tokens)
        return lambda value, _: len(inner) if isinstance(inner := read(value, value), list) else length(value, ())
    selects, single = compile_tokens((*tokens, Wildcard())), definite(tokens)
    nothing = f"No results for path: {syntax.normal_form('$', (*tokens, Wildcard()))}"

    def count(value: Json, _: Sequence[Json]) -> Json:
        nodes = [value]
        for select in selects:
            nodes = select(nodes, value)
        if not single:
            return len(nodes)
        if not nodes:
            raise PathNotFound(nothing)
        return len(last) if isinstance(last := nodes[-1], list) else length(value, ())

    return count


def _argument(argument: Argument) -> Callable[[Json], Json]:
    """A function of the document; raises ``PathNotFound``."""
    if isinstance(argument, Literal):
        return lambda _: argument.value
    tokens = argument.tokens
    if tokens and isinstance(tokens[-1], Descend):
        return _leaf_scan
    selects, single = compile_tokens(tokens), definite(tokens)

    def read(document: Json) -> Json:
        nodes = [document]
        for select in selects:
            nodes = select(nodes, document)
        if not single:
            return nodes
        if nodes:
            return nodes[0]
        raise PathNotFound(f"No results for path: {syntax.normal_form('$', tokens)}")

    return read


def _leaf_scan(_: Json) -> Json:
    raise PathNotApplicable("Current path token is a leaf")


# -- filters


def compile_test(test: Test) -> Predicate:
    """A filter as a function of (item, document)."""
    match test:
        case Exists(path):
            value = _inner(path.tokens)  # of the item, whatever the path begins with
            return lambda item, document: value(item, document) is not UNDEFINED
        case Compare(operator, left, right):
            return _compare(operator, left, right)
        case Not(inner):
            holds = compile_test(inner)
            return lambda item, document: not holds(item, document)
        case All(tests):
            return _every([compile_test(part) for part in tests])
        case Some(tests):  # pragma: no branch - the last kind there is
            return _some([compile_test(part) for part in tests])


def _every(tests: list[Predicate]) -> Predicate:
    def every(item: Json, document: Json) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is twice as fast as all(...) here
            if not test(item, document):
                return False
        return True

    return every


def _some(tests: list[Predicate]) -> Predicate:
    def some(item: Json, document: Json) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(item, document):
                return True
        return False

    return some


def _compare(name: str, left: Operand, right: Operand) -> Predicate:
    operator, read = OPERATORS[name], compile_operand(left)
    if isinstance(right, Literal):
        constant = right.value
        return lambda item, document: operator(read(item, document), constant)
    other = compile_operand(right)
    return lambda item, document: operator(read(item, document), other(item, document))


def compile_operand(operand: Operand) -> Value:
    """An operand as a function of (item, document); a path that finds nothing gives ``UNDEFINED``."""
    match operand:
        case Literal(value):
            return lambda _item, _document: value
        case Pattern(expression):
            return lambda _item, _document: expression
        case Inner(root, tokens):  # pragma: no branch - the last kind there is
            read = _inner(tokens)
            if tokens and isinstance(tokens[-1], FunctionCall) and tokens[-1].name == "keys":
                read = _never_keys(read)
            if root == "@":
                return read
            return lambda _item, document: read(document, document)


def _never_keys(read: Value) -> Value:
    """Names of members cannot be compared: json-path fails."""

    def read_keys(item: Json, document: Json) -> Any:
        if isinstance(names := read(item, document), list):
            found = f"class java.util.LinkedHashMap$LinkedKeySet:{java_text(names)}"
            raise PathNotApplicable(f"Could not convert {found} to a ValueNode")
        return names

    return read_keys


def _inner(tokens: Tokens) -> Value:
    keys = reference_keys(tokens)
    if keys is not None:
        return lambda item, _: lookup(keys, item)
    selects, single = compile_tokens(tokens), definite(tokens)

    def read(item: Json, document: Json) -> Any:
        nodes = [item]
        try:
            for select in selects:
                nodes = select(nodes, document)
        except PathNotFound:
            return UNDEFINED
        if single:
            return nodes[0] if nodes else UNDEFINED
        return nodes

    return read


def lookup(keys: Keys, value: Any) -> Any:
    """The value at ``keys``, or ``UNDEFINED``."""
    try:
        for key in keys:
            if value.__class__ is str:
                return UNDEFINED
            value = value[key]
    except (KeyError, IndexError, TypeError):
        return UNDEFINED
    return value
