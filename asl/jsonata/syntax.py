"""The nodes of an expression, as ``parse_expression`` gives them and ``compile`` reads them.

Any node may carry the parts written behind it: predicates, a grouping, variables for the item (``@$v``) or its
index (``#$i``). ``position`` is the end of the node's token, in UTF-16 units, as errors report it.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from asl.jsonata.regex import Regex
from asl.jsonata.signature import Signature


@dataclass(eq=False, slots=True)
class Slot:
    """The place of the value of a ``%``: the step that binds it and the ``%`` itself share the label."""

    label: str
    level: int = 1


@dataclass(eq=False, slots=True, kw_only=True)
class Node:
    """The parts that every node may carry."""

    kind: ClassVar[str]
    """jsonata's name for the type of node; errors print it."""
    position: int | None
    """``None`` for nodes without a token of their own: paths and parents."""
    predicates: "list[Stage]" = field(default_factory=list)
    """``[...]`` behind a node that is not a step of a path."""
    stages: "list[Stage]" = field(default_factory=list)
    """``[...]`` and ``#$i`` behind a step, in order."""
    group: "Group | None" = None
    focus: str | None = None
    index: str | None = None
    ancestor: Slot | None = None
    binds: bool = False
    """The step makes tuples: it, or a step inside, binds a variable or a parent."""
    keep_array: bool = False
    constructs: bool = False
    """An array constructor that is the first or last step of a path."""
    seeking: list[Slot] = field(default_factory=list)
    """Parents needed here that an outer node has to supply."""

    @property
    def label(self) -> Any:
        """The node's text, which errors name as the token."""
        return None

    def children(self) -> "list[Node]":
        """The nodes inside, in the order of evaluation, without the parts carried."""
        return []


@dataclass(eq=False, slots=True, kw_only=True)
class Stage:
    """One ``[...]`` behind a step; ``#$index`` if ``index`` is set."""

    position: int
    predicate: Node | None = None
    index: str | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Group:
    """``{key: value}`` behind a node."""

    position: int
    pairs: list[tuple[Node, Node]]


@dataclass(eq=False, slots=True, kw_only=True)
class Literal(Node):
    """A string, number, true, false or null."""

    value: Any

    @property
    def kind(self) -> str:  # type: ignore[override]
        """By the type of the value."""
        if isinstance(self.value, str):
            return "string"
        return "value" if self.value is None or isinstance(self.value, bool) else "number"

    @property
    def label(self) -> Any:
        return self.value


@dataclass(eq=False, slots=True, kw_only=True)
class Name(Node):
    """A field of the context."""

    kind = "name"
    name: str

    @property
    def label(self) -> Any:
        return self.name


@dataclass(eq=False, slots=True, kw_only=True)
class Variable(Node):
    """``$name``; the empty name is the context, ``$`` the input document."""

    kind = "variable"
    name: str

    @property
    def label(self) -> Any:
        return self.name


@dataclass(eq=False, slots=True, kw_only=True)
class Wildcard(Node):
    """``*``: all fields."""

    kind = "wildcard"

    @property
    def label(self) -> Any:
        return "*"


@dataclass(eq=False, slots=True, kw_only=True)
class Descendants(Node):
    """``**``: the context and everything in it."""

    kind = "descendant"

    @property
    def label(self) -> Any:
        return "**"


@dataclass(eq=False, slots=True, kw_only=True)
class Parent(Node):
    """``%``: the value in which the context was found."""

    kind = "parent"
    slot: Slot


@dataclass(eq=False, slots=True, kw_only=True)
class RegexLiteral(Node):
    """``/pattern/flags``."""

    kind = "regex"
    regex: Regex


@dataclass(eq=False, slots=True, kw_only=True)
class Path(Node):
    """Steps joined by dots; ``keep_singleton`` if a step has ``[]``."""

    kind = "path"
    steps: list[Node]
    keep_singleton: bool = False

    @property
    def label(self) -> Any:
        return self.steps[0].label

    def children(self) -> list[Node]:
        return self.steps


@dataclass(eq=False, slots=True, kw_only=True)
class Sort(Node):
    """``^(<a, >b)`` as a step: each term, and whether it is descending."""

    kind = "sort"
    terms: list[tuple[Node, bool]]

    def children(self) -> list[Node]:
        return [term for term, _ in self.terms]


@dataclass(eq=False, slots=True, kw_only=True)
class Binary(Node):
    """Arithmetic, comparison, ``and``, ``or``, ``in``, ``&`` and ``..``."""

    kind = "binary"
    operator: str
    left: Node
    right: Node

    @property
    def label(self) -> Any:
        return self.operator

    def children(self) -> list[Node]:
        return [self.left, self.right]


@dataclass(eq=False, slots=True, kw_only=True)
class Apply(Node):
    """``left ~> right``."""

    kind = "apply"
    left: Node
    right: Node

    @property
    def label(self) -> Any:
        return "~>"

    def children(self) -> list[Node]:
        return [self.left, self.right]


@dataclass(eq=False, slots=True, kw_only=True)
class Bind(Node):
    """``$name := value``."""

    kind = "bind"
    name: str
    value: Node

    @property
    def label(self) -> Any:
        return ":="

    def children(self) -> list[Node]:
        return [self.value]


@dataclass(eq=False, slots=True, kw_only=True)
class Negate(Node):
    """``-operand``."""

    kind = "unary"
    operand: Node

    @property
    def label(self) -> Any:
        return "-"

    def children(self) -> list[Node]:
        return [self.operand]


@dataclass(eq=False, slots=True, kw_only=True)
class ArrayConstructor(Node):
    """``[a, b..c]``."""

    kind = "unary"
    items: list[Node]

    @property
    def label(self) -> Any:
        return "["

    def children(self) -> list[Node]:
        return self.items


@dataclass(eq=False, slots=True, kw_only=True)
class ObjectConstructor(Node):
    """``{key: value}``."""

    kind = "unary"
    pairs: list[tuple[Node, Node]]

    @property
    def label(self) -> Any:
        return "{"

    def children(self) -> list[Node]:
        return [node for pair in self.pairs for node in pair]


@dataclass(eq=False, slots=True, kw_only=True)
class Condition(Node):
    """``test ? then : otherwise``, and the operators ``??`` and ``?:`` of jsonata 2.1."""

    kind = "condition"
    test: Node
    then: Node
    otherwise: Node | None

    def children(self) -> list[Node]:
        return [self.test, self.then, *([self.otherwise] if self.otherwise else [])]


@dataclass(eq=False, slots=True, kw_only=True)
class Block(Node):
    """``(a; b)``: a scope of its own, whose value is that of the last expression."""

    kind = "block"
    expressions: list[Node]

    def children(self) -> list[Node]:
        return self.expressions


@dataclass(eq=False, slots=True, kw_only=True)
class Placeholder(Node):
    """``?`` among the arguments of a call."""

    kind = "operator"

    @property
    def label(self) -> Any:
        return "?"


@dataclass(eq=False, slots=True, kw_only=True)
class Call(Node):
    """``procedure(arguments)``; ``tail`` if it is the last action of a function."""

    kind = "function"
    procedure: Node
    arguments: list[Node]
    tail: bool = False

    @property
    def label(self) -> Any:
        return "("

    def children(self) -> list[Node]:
        return [self.procedure, *self.arguments]


@dataclass(eq=False, slots=True, kw_only=True)
class Partial(Node):
    """``procedure(a, ?)``: a function of the open arguments."""

    kind = "partial"
    procedure: Node
    arguments: list[Node]

    @property
    def label(self) -> Any:
        return "("

    def children(self) -> list[Node]:
        return [self.procedure, *self.arguments]


@dataclass(eq=False, slots=True, kw_only=True)
class Lambda(Node):
    """``function($a, $b)<signature>{ body }``."""

    kind = "lambda"
    parameters: list[str]
    signature: Signature | None
    body: Node

    def children(self) -> list[Node]:
        return [self.body]


@dataclass(eq=False, slots=True, kw_only=True)
class Transform(Node):
    """``|pattern|update, delete|``: a function that changes a copy of its argument."""

    kind = "transform"
    pattern: Node
    update: Node
    delete: Node | None

    def children(self) -> list[Node]:
        return [self.pattern, self.update, *([self.delete] if self.delete else [])]
