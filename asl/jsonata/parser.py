"""Text to a raw tree, by binding powers (Pratt's method). ``resolve`` turns the tree into nodes.

Two passes, because jsonata reports syntax errors before any semantic error.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from asl.jsonata.errors import JsonataError, JsonataSyntaxError
from asl.jsonata.lexer import END, Lexer, Token
from asl.jsonata.signature import Signature

MAX_NESTING: Final = 150
"""Levels of brackets and right-hand sides in an expression; jsonata on AWS fails at 100 during evaluation."""

_POWERS: Final = {
    ".": 75,
    "[": 80,
    "{": 70,
    "(": 80,
    "@": 80,
    "#": 80,
    "?": 20,
    "+": 50,
    "-": 50,
    "*": 60,
    "/": 60,
    "%": 60,
    "=": 40,
    "<": 40,
    ">": 40,
    "^": 40,
    ":=": 10,
    "!=": 40,
    "<=": 40,
    ">=": 40,
    "~>": 40,
    "and": 30,
    "or": 25,
    "in": 40,
    "&": 50,
    "??": 40,
    "?:": 40,
}
"""How tightly each operator binds to the operand on its left; any other token ends an operand."""

_TERMINALS: Final = frozenset({"name", "variable", "value", "string", "number", "regex", END})
_NAMES_TOO: Final = frozenset({"and", "or", "in"})
_WILDCARDS: Final = {"*": "wildcard", "**": "descendant", "%": "parent"}
_KNOWN: Final = frozenset({*_POWERS, ":", ";", ",", ")", "]", "}", "..", "|", "**"})
_NEGATE_POWER: Final = 70


@dataclass(eq=False, slots=True)
class Raw:
    """A piece of the raw tree.

    By ``kind``: a terminal has ``value``; ``binary`` has ``left`` and ``right`` (for ``[`` ``{`` ``^`` the
    right is in ``right``, ``items`` of pairs, ``items`` of terms); ``unary`` has ``right`` for ``-`` and
    ``items`` for ``[`` and ``{``; ``function`` and ``partial`` call ``left`` with ``items``; ``lambda`` has
    its parameters in ``items`` and its body in ``right``; ``block`` has ``items``; ``condition`` and
    ``transform`` have two or three ``items``.
    """

    kind: str
    value: Any
    position: int
    left: "Raw | None" = None
    right: "Raw | None" = None
    items: list[Any] = field(default_factory=list)
    signature: Signature | None = None
    keep_array: bool = False


def parse_raw(text: str, *, coalescing: bool) -> Raw:
    """The raw tree of ``text``; raises ``JsonataSyntaxError``."""
    return _Parser(text, coalescing=coalescing).whole()


def _shown(piece: Raw | Token) -> Any:
    """A token's text in an error; a regular expression shows as an object without fields."""
    return {} if piece.kind == "regex" else piece.value


class _Parser:
    def __init__(self, text: str, *, coalescing: bool) -> None:
        self._lexer = Lexer(text, coalescing=coalescing)
        self._nesting = 0
        self._token = self._checked(self._lexer.next(after_operand=False))

    def whole(self) -> Raw:
        tree = self._expression(0)
        if self._token.kind != END:
            raise self._error("S0201", self._token)
        return tree

    def _checked(self, token: Token) -> Token:
        if token.kind == "operator" and token.value not in _KNOWN:
            raise self._error("S0204", token)
        return token

    def _error(self, code: str, token: Token, **fields: Any) -> JsonataSyntaxError:
        return JsonataSyntaxError(code, position=token.position, token=_shown(token), **fields)

    def _is(self, operator: str) -> bool:
        return self._token.kind == "operator" and self._token.value == operator

    def _advance(self, operator: str | None = None, *, after_operand: bool = False) -> Token:
        """Step over the current token, which must be ``operator`` if one is given."""
        token = self._token
        if operator and not self._is(operator):
            raise self._error("S0203" if token.kind == END else "S0202", token, value=operator)
        self._token = self._checked(self._lexer.next(after_operand=after_operand))
        return token

    def _expression(self, power: int) -> Raw:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise JsonataSyntaxError(
                None,
                position=self._token.position,
                token=self._token.value,
                message=f"Expression is nested deeper than {MAX_NESTING} levels: bind parts to variables",
            )
        token = self._advance(after_operand=True)
        left = self._prefix(token)
        while self._token.kind == "operator" and power < _POWERS.get(self._token.value, 0):
            token = self._advance()
            left = self._infixes.get(token.value, _Parser._binary)(self, token, left)
        self._nesting -= 1
        return left

    def _prefix(self, token: Token) -> Raw:
        kind, value, position = token
        if kind in _TERMINALS or value in _NAMES_TOO:
            return Raw(kind, value, position)
        if value in _WILDCARDS:
            return Raw(_WILDCARDS[value], value, position)
        parse = self._prefixes.get(value)
        if not parse:
            raise self._error("S0211", token)
        return parse(self, token)

    # prefix operators

    def _negation(self, token: Token) -> Raw:
        return Raw("unary", "-", token.position, right=self._expression(_NEGATE_POWER))

    def _block(self, token: Token) -> Raw:
        items: list[Raw] = []
        while not self._is(")"):
            items.append(self._expression(0))
            if not self._is(";"):
                break
            self._advance(";")
        self._advance(")", after_operand=True)
        return Raw("block", "(", token.position, items=items)

    def _array(self, token: Token) -> Raw:
        items: list[Raw] = []
        while not items or self._is(","):
            if items:
                self._advance(",")
            elif self._is("]"):
                break
            items.append(self._range(self._expression(0)))
        self._advance("]", after_operand=True)
        return Raw("unary", "[", token.position, items=items)

    def _range(self, start: Raw) -> Raw:
        if not self._is(".."):
            return start
        position = self._advance("..").position
        return Raw("binary", "..", position, left=start, right=self._expression(0))

    def _object(self, token: Token) -> Raw:
        return Raw("unary", "{", token.position, items=self._pairs())

    def _pairs(self) -> list[tuple[Raw, Raw]]:
        pairs: list[tuple[Raw, Raw]] = []
        while not pairs or self._is(","):
            if pairs:
                self._advance(",")
            elif self._is("}"):
                break
            key = self._expression(0)
            self._advance(":")
            pairs.append((key, self._expression(0)))
        self._advance("}", after_operand=True)
        return pairs

    def _transform(self, token: Token) -> Raw:
        items = [self._expression(0)]
        self._advance("|")
        items.append(self._expression(0))
        if self._is(","):
            self._advance(",")
            items.append(self._expression(0))
        self._advance("|")
        return Raw("transform", "|", token.position, items=items)

    # operators after an operand

    def _binary(self, token: Token, left: Raw) -> Raw:
        right = self._expression(_POWERS[token.value])
        return Raw("binary", token.value, token.position, left=left, right=right)

    def _bind(self, token: Token, left: Raw) -> Raw:
        if left.kind != "variable":
            raise JsonataSyntaxError("S0212", position=left.position, token=_shown(left))
        right = self._expression(_POWERS[":="] - 1)
        return Raw("binary", ":=", token.position, left=left, right=right)

    def _variable_binding(self, token: Token, left: Raw) -> Raw:
        right = self._expression(_POWERS[token.value])
        if right.kind != "variable":
            raise JsonataSyntaxError("S0214", position=right.position, token=token.value)
        return Raw("binary", token.value, token.position, left=left, right=right)

    def _predicate(self, token: Token, left: Raw) -> Raw:
        if self._is("]"):
            step = left
            while step.kind == "binary" and step.value == "[" and step.left:
                step = step.left
            step.keep_array = True
            self._advance("]")
            return left
        right = self._expression(0)
        self._advance("]", after_operand=True)
        return Raw("binary", "[", token.position, left=left, right=right)

    def _group(self, token: Token, left: Raw) -> Raw:
        return Raw("binary", "{", token.position, left=left, items=self._pairs())

    def _order(self, token: Token, left: Raw) -> Raw:
        self._advance("(")
        terms: list[tuple[Raw, bool]] = []
        while not terms or self._is(","):
            if terms:
                self._advance(",")
            descending = self._is(">")
            if descending or self._is("<"):
                self._advance()
            terms.append((self._expression(0), descending))
        self._advance(")")
        return Raw("binary", "^", token.position, left=left, items=terms)

    def _condition(self, token: Token, left: Raw) -> Raw:
        items = [left, self._expression(0)]
        if self._is(":"):
            self._advance(":")
            items.append(self._expression(0))
        return Raw("condition", "?", token.position, items=items)

    def _default(self, token: Token, left: Raw) -> Raw:
        """``a ?: b`` is ``a ? a : b``."""
        return Raw("condition", token.value, token.position, items=[left, left, self._expression(0)])

    def _coalesce(self, token: Token, left: Raw) -> Raw:
        """``a ?? b`` is ``$exists(a) ? a : b``."""
        exists = Raw("function", "(", token.position, left=Raw("variable", "exists", token.position), items=[left])
        return Raw("condition", token.value, token.position, items=[exists, left, self._expression(0)])

    def _call(self, token: Token, left: Raw) -> Raw:
        kind = "function"
        arguments: list[Raw] = []
        while not arguments or self._is(","):
            if arguments:
                self._advance(",")
            elif self._is(")"):
                break
            if self._is("?"):
                kind = "partial"
                placeholder = self._advance("?")
                arguments.append(Raw("operator", "?", placeholder.position))
            else:
                arguments.append(self._expression(0))
        self._advance(")", after_operand=True)
        if left.kind == "name" and left.value in ("function", "λ"):
            return self._lambda(token, arguments)
        return Raw(kind, "(", token.position, left=left, items=arguments)

    def _lambda(self, token: Token, parameters: list[Raw]) -> Raw:
        for index, parameter in enumerate(parameters):
            if parameter.kind != "variable":
                raise JsonataSyntaxError("S0208", position=parameter.position, token=_shown(parameter), value=index + 1)
        signature = self._signature() if self._is("<") else None
        self._advance("{")
        body = self._expression(0)
        self._advance("}")
        return Raw("lambda", "(", token.position, items=parameters, right=body, signature=signature)

    def _signature(self) -> Signature:
        position, depth, text = self._token.position, 1, "<"
        while depth > 0 and not self._is("{") and self._token.kind != END:
            self._advance()
            depth += self._is("<") - self._is(">")
            text += str(self._token.value)
        self._advance(">")
        try:
            return Signature(text)
        except JsonataError as error:
            error.position = position + (error.position or 0)
            raise

    _prefixes: Final[dict[str, Callable[["_Parser", Token], Raw]]] = {
        "-": _negation,
        "(": _block,
        "[": _array,
        "{": _object,
        "|": _transform,
    }
    _infixes: Final[dict[str, Callable[["_Parser", Token, Raw], Raw]]] = {
        ":=": _bind,
        "@": _variable_binding,
        "#": _variable_binding,
        "[": _predicate,
        "{": _group,
        "^": _order,
        "?": _condition,
        "?:": _default,
        "??": _coalesce,
        "(": _call,
    }
