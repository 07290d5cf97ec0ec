"""Terraform's language: blocks, and expressions as functions of a scope.

Read are the parts that configurations of state machines have: templates, heredocs, operators, conditionals, lists,
objects, ``for``, splats and function calls. ``%{ }`` in templates is not, nor are dynamic blocks. (HCL 2 specification,
native syntax.)
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w-]*")
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
HEREDOC: Final = re.compile(r"<<(-?)([A-Za-z_]\w*)[ \t]*\r?\n")
ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
OPERATORS: Final = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))


class HclError(ValueError):
    """Text that is not read here, or a value that is not found out."""


class Scope(Protocol):
    """What names mean, and the functions there are."""

    def get(self, tokens: list[Any]) -> Any:
        """The value of a name such as ``[aws_sqs_queue, jobs, url]``. Raises ``HclError``."""

    def call(self, name: str, arguments: list[Any]) -> Any:
        """The value of a function. Raises ``HclError``."""

    def below(self, value: Any, token: Any) -> Any:
        """A member of a value. Raises ``HclError``."""

    def within(self, names: Mapping[str, Any]) -> "Scope":
        """This scope with more names."""


Expression: TypeAlias = Callable[[Scope], Any]


@dataclass
class Block:
    """The body of a block: its attributes, and the blocks in it by type, each with its labels."""

    attributes: dict[str, Expression] = field(default_factory=dict)
    blocks: dict[str, list[tuple[tuple[str, ...], "Block"]]] = field(default_factory=dict)


SPLAT: Final = object()


def read_blocks(text: str) -> Block:
    """The blocks of a file. Raises ``HclError`` for text that is not read here."""
    return _Reader(text).body("")


def read_template(text: str) -> Expression:
    """The text of a template file, as ``templatefile`` reads it."""
    return _Reader(text).template("")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        """Within brackets: a newline ends no expression."""

    # Blocks --------------------------------------------------------------------------------------------------------

    def body(self, end: str) -> Block:
        block = Block()
        depth, self._depth = self._depth, 0
        while True:
            self._skip(newlines=True)
            if end and self._take(end):
                self._depth = depth
                return block
            if self._at >= len(self._text):
                if end:
                    raise self._error(f"{end} is missing")
                return block
            name = self._identifier()
            self._skip()
            if self._next("=") and not self._next("=="):
                self._at += 1
                block.attributes[name] = self.expression()
                continue
            labels: list[str] = []
            while not self._take("{"):
                self._skip()
                labels.append(self._quoted() if self._next('"') else self._identifier())
                self._skip()
            block.blocks.setdefault(name, []).append((tuple(labels), self.body("}")))

    def _quoted(self) -> str:
        end = self._text.index('"', self._at + 1)
        found = self._text[self._at + 1 : end]
        self._at = end + 1
        return found

    # Expressions ---------------------------------------------------------------------------------------------------

    def expression(self) -> Expression:
        condition = self._binary(0)
        self._skip()
        if not self._take("?"):
            return condition
        yes = self._deep(self.expression)
        self._skip(newlines=True)
        self._expect(":")
        no = self.expression()
        return lambda scope: yes(scope) if condition(scope) else no(scope)

    def _deep(self, read: Callable[[], Any]) -> Any:
        self._depth += 1
        self._skip()
        found = read()
        self._skip()
        self._depth -= 1
        return found

    def _binary(self, level: int) -> Expression:
        if level == len(OPERATORS):
            return self._unary()
        left = self._binary(level + 1)
        while True:
            self._skip()
            operator = next((each for each in OPERATORS[level] if self._next(each)), None)
            if operator is None or (operator == "=" or self._next("=>")):
                return left
            self._at += len(operator)
            self._skip(newlines=True)
            left = _operation(operator, left, self._binary(level + 1))

    def _unary(self) -> Expression:
        self._skip()
        if self._next("!") and not self._next("!="):
            self._at += 1
            inner = self._unary()
            return lambda scope: not inner(scope)
        if self._take("-"):
            negated = self._unary()
            return lambda scope: -negated(scope)
        return self._postfix(self._primary())

    def _postfix(self, primary: "Expression | str") -> Expression:
        steps: list[Any] = []
        while True:
            if self._next(".") and not self._next("..."):
                self._at += 1
                if self._take("*"):
                    steps.append(SPLAT)
                elif (number := NUMBER.match(self._text, self._at)) is not None:
                    self._at = number.end()
                    steps.append(_constant(int(number[0])))
                else:
                    steps.append(_constant(self._identifier()))
            elif self._next("["):
                self._at += 1
                if self._take("*]"):
                    steps.append(SPLAT)
                    continue
                steps.append(self._deep(self.expression))
                self._expect("]")
            else:
                break
        if isinstance(primary, str):
            return _traversal(primary, steps)
        start = primary
        return (lambda scope: _stepped(scope, start(scope), steps)) if steps else start

    def _primary(self) -> "Expression | str":
        if self._next('"'):
            self._at += 1
            return self.template('"')
        heredoc = HEREDOC.match(self._text, self._at)
        if heredoc is not None:
            return self._heredoc(heredoc)
        number = NUMBER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            text = number[0]
            return _constant(int(text) if text.isdigit() else float(text))
        if self._take("("):
            inner: Expression = self._deep(self.expression)
            self._expect(")")
            return inner
        if self._take("["):
            return self._bracketed(self._list)
        if self._take("{"):
            return self._bracketed(self._object)
        name = self._identifier()
        if name in ("true", "false", "null"):
            return _constant({"true": True, "false": False, "null": None}[name])
        if self._take("("):
            return self._bracketed(lambda: self._call(name))
        return name

    def _bracketed(self, read: Callable[[], Expression]) -> Expression:
        self._depth += 1
        found = read()
        self._depth -= 1
        return found

    def _call(self, name: str) -> Expression:
        arguments: list[tuple[Expression, bool]] = []
        while not self._closed(")"):
            argument = self.expression()
            self._skip()
            arguments.append((argument, self._take("...")))
            self._separator(")")

        def value(scope: Scope) -> Any:
            if name in LAZY:
                return LAZY[name](scope, [each for each, _ in arguments])
            given: list[Any] = []
            for argument, spread in arguments:
                found = argument(scope)
                given += found if spread else [found]
            return scope.call(name, given)

        return value

    def _list(self) -> Expression:
        if self._keyword("for"):
            return self._for("]")
        items: list[Expression] = []
        while not self._closed("]"):
            items.append(self.expression())
            self._separator("]")
        return lambda scope: [each(scope) for each in items]

    def _object(self) -> Expression:
        if self._keyword("for"):
            return self._for("}")
        members: list[tuple[Expression, Expression]] = []
        while not self._closed("}"):
            key = self._key()
            self._skip()
            if not self._take("="):
                self._expect(":")
            self._skip()
            members.append((key, self.expression()))
            self._separator("}")
        return lambda scope: {text_of(key(scope)): value(scope) for key, value in members}

    def _key(self) -> Expression:
        name = IDENTIFIER.match(self._text, self._at)
        if name is not None and self._text[name.end() :].lstrip(" \t").startswith(("=", ":")):
            self._at = name.end()
            return _constant(name[0])
        return self.expression()

    def _for(self, end: str) -> Expression:
        names = [self._identifier()]
        self._skip()
        if self._take(","):
            self._skip()
            names.append(self._identifier())
            self._skip()
        if not self._keyword("in"):
            raise self._error("in is missing")
        items = self.expression()
        self._skip()
        self._expect(":")
        first = self.expression()
        self._skip()
        second = None
        if self._take("=>"):
            second = self.expression()
            self._skip()
        condition = self.expression() if self._keyword("if") else None
        self._skip()
        self._expect(end)

        def scopes(scope: Scope) -> Iterator[Scope]:
            found = items(scope)
            pairs = found.items() if isinstance(found, Mapping) else enumerate(found)
            for key, value in pairs:
                given = {names[0]: value} if len(names) == 1 else {names[0]: key, names[1]: value}
                inner = scope.within(given)
                if condition is None or condition(inner):
                    yield inner

        if second is None:
            return lambda scope: [first(inner) for inner in scopes(scope)]
        made = second
        return lambda scope: {text_of(first(inner)): made(inner) for inner in scopes(scope)}

    # Templates -----------------------------------------------------------------------------------------------------

    def template(self, end: str) -> Expression:
        """The text up to ``end``, which in quotes has escapes; without ``end`` all the text."""
        parts: list[Expression | str] = []
        plain: list[str] = []
        while True:
            if self._at >= len(self._text):
                if end:
                    raise self._error("a text does not end")
                break
            if end and self._take(end):
                break
            if self._next("$${") or self._next("%%{"):
                plain.append(self._text[self._at + 1 : self._at + 3])
                self._at += 3
            elif self._next("${"):
                parts += ["".join(plain), self._interpolation()]
                plain = []
            elif self._next("%{"):
                raise self._error("a directive %{ } is not read")
            elif end == '"' and self._next("\\"):
                plain.append(self._escape())
            else:
                plain.append(self._text[self._at])
                self._at += 1
        parts.append("".join(plain))
        return _joined([each for each in parts if each != ""])

    def _interpolation(self) -> Expression:
        self._at += 2
        self._take("~")
        inner: Expression = self._deep(self.expression)
        self._take("~")
        self._expect("}")
        return inner

    def _escape(self) -> str:
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in ("u", "U"):
            length = 4 if letter == "u" else 8
            code = self._text[self._at + 2 : self._at + 2 + length]
            self._at += 2 + length
            return chr(int(code, 16))
        self._at += 2
        if letter not in ESCAPES:
            raise self._error(f"there is no escape \\{letter}")
        return ESCAPES[letter]

    def _heredoc(self, found: "re.Match[str]") -> Expression:
        end = re.compile(rf"^[ \t]*{found[2]}[ \t]*$", re.MULTILINE).search(self._text, found.end())
        if end is None:
            raise self._error(f"{found[2]} is missing")
        text = self._text[found.end() : end.start()]
        if found[1]:
            lines = text.split("\n")
            indent = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
            text = "\n".join(each[indent:] for each in lines)
        self._at = end.end()
        return read_template(text)

    # Text ----------------------------------------------------------------------------------------------------------

    def _skip(self, *, newlines: bool = False) -> None:
        blank = " \t\r\n" if newlines or self._depth else " \t\r"
        while self._at < len(self._text):
            if self._text[self._at] in blank:
                self._at += 1
            elif self._next("#") or self._next("//"):
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif self._next("/*"):
                end = self._text.find("*/", self._at)
                self._at = len(self._text) if end < 0 else end + 2
            else:
                return

    def _next(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        if not self._next(text):
            return False
        self._at += len(text)
        return True

    def _expect(self, text: str) -> None:
        self._skip()
        if not self._take(text):
            raise self._error(f"{text} is missing")

    def _keyword(self, word: str) -> bool:
        self._skip()
        name = IDENTIFIER.match(self._text, self._at)
        if name is None or name[0] != word:
            return False
        self._at = name.end()
        self._skip()
        return True

    def _closed(self, end: str) -> bool:
        self._skip(newlines=True)
        return self._take(end)

    def _separator(self, end: str) -> None:
        self._skip(newlines=True)
        self._take(",")

    def _identifier(self) -> str:
        name = IDENTIFIER.match(self._text, self._at)
        if name is None:
            raise self._error("a name is missing")
        self._at = name.end()
        return name[0]

    def _error(self, message: str) -> HclError:
        line = self._text.count("\n", 0, self._at) + 1
        return HclError(f"line {line}: {message}")


def text_of(value: Any) -> str:
    """A value as a part of a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise HclError("a list, an object or null stands in a text")


def _constant(value: Any) -> Expression:
    return lambda scope: value


def _joined(parts: "list[Expression | str]") -> Expression:
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    return lambda scope: "".join(each if isinstance(each, str) else text_of(each(scope)) for each in parts)


def _traversal(root: str, steps: list[Any]) -> Expression:
    def value(scope: Scope) -> Any:
        plain = steps[: steps.index(SPLAT)] if SPLAT in steps else steps
        found = scope.get([root, *(each(scope) for each in plain)])
        return _stepped(scope, found, steps[len(plain) :])

    return value


def _stepped(scope: Scope, value: Any, steps: list[Any]) -> Any:
    for number, step in enumerate(steps):
        if step is SPLAT:
            items = value if isinstance(value, list) else [] if value is None else [value]
            return [_stepped(scope, each, steps[number + 1 :]) for each in items]
        value = scope.below(value, step(scope))
    return value


def _operation(operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "||":
        return lambda scope: left(scope) or right(scope)
    if operator == "&&":
        return lambda scope: left(scope) and right(scope)
    function = ARITHMETIC[operator]
    return lambda scope: function(left(scope), right(scope))


ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: left % right,
}


def _try(scope: Scope, arguments: list[Expression]) -> Any:
    for each in arguments:
        try:
            return each(scope)
        except HclError:
            continue
    raise HclError("no argument of try has a value")


LAZY: Final[Mapping[str, Callable[[Scope, list[Expression]], Any]]] = {"try": _try}
