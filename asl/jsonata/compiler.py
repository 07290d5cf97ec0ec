"""Nodes to Python functions: every node becomes a closure that maps context and frame to a value.

The nesting of an expression is known here, so depth is counted only where a body could reach the bound: each
body is compiled without counting, and again with counting when that is needed (``Body``).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from asl.jsonata.callables import (
    OPEN,
    Argument,
    Body,
    BuiltInCall,
    DerivedFunction,
    Evaluate,
    Function,
    PartialFunction,
    TailCall,
)
from asl.jsonata.callables import (
    Lambda as LambdaFunction,
)
from asl.jsonata.closures import (
    TOTAL,
    all_fields,
    arithmetic,
    comparison,
    composed,
    composition,
    context_value,
    everything_in,
    fields,
    fields_of_variable,
    growing,
    logical,
    lookup,
    single_field,
    total,
    variable,
)
from asl.jsonata.conversions import truth
from asl.jsonata.errors import JsonataError
from asl.jsonata.operators import COMPARISONS, joined, negate, span
from asl.jsonata.regex import RegexFunction
from asl.jsonata.runtime import Frame
from asl.jsonata.signature import Signature
from asl.jsonata.steps import (
    ITEM,
    Filter,
    field,
    group_by,
    index_filter,
    number_tuples,
    order_by,
    plain_step,
    predicate_filter,
    sorted_items,
    sorted_tuples,
    tuple_step,
)
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
    Sort,
    Stage,
    Transform,
    Variable,
    Wildcard,
)
from asl.jsonata.values import UNDEFINED, Constructed, Sequence, Tuples, Value, unwrap

_TRANSFORM_SIGNATURE: Final = Signature("<(oa):o>")


def compile_body(node: Node, built_ins: Mapping[str, Function]) -> Body:
    """``node`` as a body: of an expression or of a function."""

    def compile_(checked: bool) -> tuple[Evaluate, int]:
        compiler = _Compiler(built_ins, checked=checked)
        return compiler.node(node, 0), compiler.reach

    return Body(compile_)


class _Compiler:
    """Compiles one body. ``reach`` is the depth of its deepest node below the body itself."""

    def __init__(self, built_ins: Mapping[str, Function], *, checked: bool) -> None:
        self.reach = 0
        self._built_ins = built_ins
        self._checked = checked

    def node(self, node: Node, depth: int) -> Evaluate:
        """The closure for ``node``, ``depth`` levels down in the body, with its predicates, grouping and ``[]``."""
        self.reach = max(self.reach, depth)
        evaluate = _COMPILERS[type(node)](self, node, depth)
        if node.predicates or node.keep_array or (node.group and not isinstance(node, Path)):
            evaluate = self._carrying(node, evaluate, depth)
        elif isinstance(node, Path | Call | Apply | Wildcard | Descendants):
            evaluate = _unwrapped(evaluate)
        return self._guarded(evaluate, depth) if self._checked else evaluate

    def _carrying(self, node: Node, evaluate: Evaluate, depth: int) -> Evaluate:
        """``evaluate``, then the node's predicates, grouping, and ``[]``."""
        filters = self._filters(node.predicates, depth)
        group = self._group(node.group, depth) if node.group and not isinstance(node, Path) else None
        keep = node.keep_array

        def carrying(context: Value, frame: Frame) -> Value:
            result = evaluate(context, frame)
            for stage in filters:
                result = stage(result, frame)
            if group:
                result = group(result, frame)
            if keep and type(result) is Sequence:
                result.keep_singleton = True
            return unwrap(result)

        return carrying

    def _guarded(self, evaluate: Evaluate, depth: int) -> Evaluate:
        def guarded(context: Value, frame: Frame) -> Value:
            frame.run.check_depth(frame.depth + depth)
            return evaluate(context, frame)

        return guarded

    def _nodes(self, nodes: list[Node], depth: int) -> list[Evaluate]:
        return [self.node(node, depth) for node in nodes]

    def _pairs(self, pairs: list[tuple[Node, Node]], depth: int) -> list[tuple[Evaluate, Evaluate]]:
        return [(self.node(key, depth), self.node(value, depth)) for key, value in pairs]

    def _group(self, group: Group, depth: int) -> Callable[[Value, Frame], dict[str, Value]]:
        return group_by(self._pairs(group.pairs, depth + 1), group.position)

    def _filters(self, stages: list[Stage], depth: int) -> list[Filter]:
        return [self._filter(stage, depth) for stage in stages]

    def _filter(self, stage: Stage, depth: int) -> Filter:
        if stage.index is not None:
            return number_tuples(stage.index)
        predicate = stage.predicate
        assert predicate is not None
        if isinstance(predicate, Literal) and predicate.kind == "number":
            return index_filter(predicate.value)
        return predicate_filter(self.node(predicate, depth + 1))

    # terminals

    def literal(self, node: Literal, _: int) -> Evaluate:
        value = node.value
        return lambda _context, _frame: value

    def name(self, node: Name, _: int) -> Evaluate:
        name = node.name
        return lambda context, _frame: unwrap(field(name, context))

    def variable(self, node: Variable, _: int) -> Evaluate:
        name = node.name
        if not name:
            return context_value
        return variable(name, self._built_ins.get(name, UNDEFINED))

    def wildcard(self, _node: Wildcard, _: int) -> Evaluate:
        return all_fields

    def descendants(self, _node: Descendants, _: int) -> Evaluate:
        return everything_in

    def parent(self, node: Parent, _: int) -> Evaluate:
        return variable(node.slot.label, UNDEFINED)

    def regex(self, node: RegexLiteral, _: int) -> Evaluate:
        regex, position = node.regex, node.position
        return lambda _context, _frame: RegexFunction(regex, position)

    # paths

    def path(self, node: Path, depth: int) -> Evaluate:
        if not self._checked and (chain := self._chain(node, depth)):
            return chain
        steps, binds = [], False
        for index, step in enumerate(node.steps):
            whole = index == 0 and step.constructs
            binds = binds or step.binds
            last = index == len(node.steps) - 1
            steps.append((self._step(step, depth, binds=binds, last=last, whole=whole), binds and not whole))
        starts_whole, keeps_start = node.steps[0].constructs, node.steps[0].focus is not None
        start = steps.pop(0)[0] if starts_whole else None
        starts_binding = node.steps[0].binds
        by_items = not isinstance(node.steps[0], Variable)
        group = self._group(node.group, depth) if node.group else None
        keep, gives_tuples = node.keep_singleton, node.binds

        def path(context: Value, frame: Frame) -> Value:
            items: Value = context if by_items and isinstance(context, list) else Sequence([context])
            tuples: Tuples | None = None
            if start:
                first = start(items, frame)
                items = items if keeps_start else first
                if steps and not isinstance(items, list):
                    return UNDEFINED
            # an empty array in brackets at the start is the path's value
            for step, binding in steps if items or not start or starts_binding else ():
                if binding:
                    tuples = step(tuples, items, frame)
                    continue
                if not (items := step(items, frame)):
                    break
            if tuples is not None:
                items = tuples if gives_tuples else Sequence(names[ITEM] for names in tuples)
            if keep:
                items = Sequence([items]) if type(items) is Constructed else items
                if type(items) is Sequence:
                    items.keep_singleton = True
            if group:
                return group(items if tuples is None else tuples, frame)
            return items

        return path

    def _step(self, step: Node, depth: int, *, binds: bool, last: bool, whole: bool) -> Callable[..., Any]:
        """One step; ``whole`` for an array constructor as the first step, which gets all items together."""
        stages = self._filters(step.stages, depth)
        if isinstance(step, Sort):
            terms = [(self.node(term, depth + 1), descending) for term, descending in step.terms]
            order = order_by(terms, step.position)
            return sorted_tuples(order, stages, step.index) if binds else sorted_items(order, stages)
        evaluate = self.node(step, depth + 1)
        if whole:
            return evaluate
        if binds:
            ancestor = step.ancestor.label if step.ancestor else None
            return tuple_step(evaluate, stages, focus=step.focus, index=step.index, ancestor=ancestor)
        return plain_step(evaluate, stages, last=last)

    def _chain(self, node: Path, depth: int) -> Evaluate | None:
        """A path of fields only, which may start with a variable: no items are put into lists."""
        names = [step.name for step in node.steps if isinstance(step, Name)]
        first = node.steps[0]
        if len(names) != len(node.steps) - (not isinstance(first, Name)) or node.group or node.keep_singleton:
            return None
        if any(s.binds or s.stages or s.predicates or s.keep_array or s.group for s in node.steps):
            return None
        if isinstance(first, Name):
            self.reach = max(self.reach, depth + 1)
            return single_field(names[0]) if len(names) == 1 else fields(_context, names)
        if isinstance(first, Variable):
            self.reach = max(self.reach, depth + 1)
            if not first.name:
                return fields(context_value, names)
            return fields_of_variable(first.name, names, self._built_ins.get(first.name, UNDEFINED))
        return None

    # operators

    def binary(self, node: Binary, depth: int) -> Evaluate:
        operator, position = node.operator, node.position
        left, right = self.node(node.left, depth + 1), self.node(node.right, depth + 1)
        if operator in ("and", "or"):
            return logical(operator, left, right, position)
        if operator in TOTAL:
            return total(operator, left, right)
        if operator in ("&", ".."):
            return growing(joined if operator == "&" else span, operator, left, right, position)
        if operator in COMPARISONS:
            return comparison(COMPARISONS[operator], operator, left, right, position)
        return arithmetic(operator, left, right, position)

    def negate(self, node: Negate, depth: int) -> Evaluate:
        operand, position = self.node(node.operand, depth + 1), node.position

        def minus(context: Value, frame: Frame) -> Value:
            try:
                return negate(operand(context, frame))
            except JsonataError as error:
                if error.code == "D1002" and error.position is None:
                    error.position, error.token = position, "-"
                raise

        return minus

    def condition(self, node: Condition, depth: int) -> Evaluate:
        test, then = self.node(node.test, depth + 1), self.node(node.then, depth + 1)
        otherwise = self.node(node.otherwise, depth + 1) if node.otherwise else None

        def condition(context: Value, frame: Frame) -> Value:
            if truth(test(context, frame)):
                return then(context, frame)
            return otherwise(context, frame) if otherwise else UNDEFINED

        return condition

    def bind(self, node: Bind, depth: int) -> Evaluate:
        name, evaluate = node.name, self.node(node.value, depth + 1)

        def bind(context: Value, frame: Frame) -> Value:
            value = frame.names[name] = evaluate(context, frame)
            return value

        return bind

    def block(self, node: Block, depth: int) -> Evaluate:
        expressions = self._nodes(node.expressions, depth + 1)
        scoped = any(map(_binds_a_variable, node.expressions))
        if len(expressions) == 1 and not scoped:
            return expressions[0]

        def block(context: Value, frame: Frame) -> Value:
            if scoped:
                frame = Frame({}, frame, frame.run, frame.depth)
            result: Value = UNDEFINED
            for evaluate in expressions:
                result = evaluate(context, frame)
            return result

        return block

    # constructors

    def array(self, node: ArrayConstructor, depth: int) -> Evaluate:
        items = [(self.node(item, depth + 1), isinstance(item, ArrayConstructor)) for item in node.items]
        kind = Constructed if node.constructs else list

        def array(context: Value, frame: Frame) -> Value:
            result: list[Value] = []
            for evaluate, nested in items:
                value = evaluate(context, frame)
                if value is UNDEFINED:
                    continue
                if isinstance(value, list) and not nested:
                    result.extend(value)
                else:
                    result.append(value)
            return kind(result) if kind is Constructed else result

        return array

    def object(self, node: ObjectConstructor, depth: int) -> Evaluate:
        pairs = self._pairs(node.pairs, depth + 1)
        group = group_by(pairs, node.position)
        keys = [key.value for key, _ in node.pairs if isinstance(key, Literal) and isinstance(key.value, str)]
        if len(set(keys)) < len(pairs):
            return group
        entries = [(key, value) for key, (_, value) in zip(keys, pairs, strict=True)]

        def construct(context: Value, frame: Frame) -> Value:
            if isinstance(context, list):
                return group(context, frame)
            result = {}
            for key, evaluate in entries:
                value = evaluate(context, frame)
                if value is not UNDEFINED:
                    result[key] = value
            return result

        return construct

    # functions

    def call(self, node: Call, depth: int) -> Evaluate:
        # a tail call is made from the function's own call, one level above its body
        inner = 0 if node.tail else depth + 1
        arguments = self._nodes(node.arguments, inner)
        procedure = self.node(node.procedure, inner)
        if node.tail:
            token = node.procedure.label if isinstance(node.procedure, Variable) else None
            position = node.procedure.position
            return lambda context, frame: TailCall(procedure, arguments, token, position, context, frame)
        return self._invocation(node, arguments, procedure, depth)

    def _invocation(
        self,
        node: Call,
        arguments: list[Evaluate],
        procedure: Evaluate,
        depth: int,
        first: Evaluate | None = None,
    ) -> Evaluate:
        """The call itself; ``first`` gives an argument before the others, for ``~>``."""
        token, position = node.procedure.label, node.position
        field_name = token if isinstance(node.procedure, Path) else None
        built_ins = self._built_ins

        def call(context: Value, frame: Frame) -> Value:
            row = [first(context, frame)] if first else []
            function = procedure(context, frame)
            run, level = frame.run, frame.depth + depth
            if function is UNDEFINED and field_name and lookup(field_name, frame, built_ins):
                raise JsonataError("T1005", position=position, token=field_name)
            for argument in arguments:
                value = argument(context, frame)
                row.append(Argument(value, level) if isinstance(value, Function) else value)
            try:
                if not isinstance(function, Function):
                    raise JsonataError("T1006")
                function.note_call(run, token, position)
                return function.apply(row, context, run, level)
            except JsonataError as error:
                error.position = error.position or position
                error.token = error.token or token
                raise

        return call

    def apply(self, node: Apply, depth: int) -> Evaluate:
        left = self.node(node.left, depth + 1)
        if isinstance(node.right, Call):
            right = node.right
            arguments = self._nodes(right.arguments, depth + 1)
            return self._invocation(right, arguments, self.node(right.procedure, depth + 1), depth, left)
        function_of, position = self.node(node.right, depth + 1), node.position
        composition()

        def apply(context: Value, frame: Frame) -> Value:
            argument, function = left(context, frame), function_of(context, frame)
            if not isinstance(function, Function):
                raise JsonataError("T2006", position=position, value=function)
            if isinstance(argument, Function):
                return composed(argument, function, frame)
            return function.apply([argument], None, frame.run, frame.depth + depth)

        return apply

    def partial(self, node: Partial, depth: int) -> Evaluate:
        arguments = [None if isinstance(a, Placeholder) else self.node(a, depth + 1) for a in node.arguments]
        procedure = self.node(node.procedure, depth + 1)
        token, position = node.procedure.label, node.position
        field_name = token if isinstance(node.procedure, Path) else None
        built_ins = self._built_ins

        def partial(context: Value, frame: Frame) -> Value:
            row = [argument(context, frame) if argument else OPEN for argument in arguments]
            function = procedure(context, frame)
            if isinstance(function, Function):
                return PartialFunction(function, row)
            known = function is UNDEFINED and field_name and lookup(field_name, frame, built_ins)
            raise JsonataError("T1007" if known else "T1008", position=position, token=token)

        return partial

    def function(self, node: Lambda, _: int) -> Evaluate:
        body = compile_body(node.body, self._built_ins)
        parameters, signature = node.parameters, node.signature
        return lambda context, frame: LambdaFunction(parameters, signature, body, context, frame)

    def transform(self, node: Transform, _: int) -> Evaluate:
        built_ins = self._built_ins
        pattern, update = compile_body(node.pattern, built_ins), compile_body(node.update, built_ins)
        delete = compile_body(node.delete, built_ins) if node.delete else None
        update_at, delete_at = node.update.position, node.delete.position if node.delete else 0

        def change(call: BuiltInCall, original: Value, frame: Frame) -> Value:
            if original is UNDEFINED:
                return UNDEFINED
            clone = lookup("clone", frame, built_ins)
            if not isinstance(clone, Function):
                raise JsonataError("T2013", position=node.position)
            result = call.apply(clone, original)
            inner = Frame({}, frame, call.run, call.depth + 1)
            matches = pattern.run(result, inner)
            for match in matches if isinstance(matches, list) else [] if matches is UNDEFINED else [matches]:
                added = update.run(match, inner)
                if added is not UNDEFINED:
                    if type(added) is not dict:
                        raise JsonataError("T2011", position=update_at, value=added)
                    if isinstance(match, dict):
                        match.update(added)
                removed = delete.run(match, inner) if delete else UNDEFINED
                if removed is not UNDEFINED:
                    names = removed if isinstance(removed, list) else [removed]
                    if not all(isinstance(name, str) for name in names):
                        raise JsonataError("T2012", position=delete_at, value=removed)
                    for name in names:
                        if isinstance(match, dict):
                            match.pop(name, None)
            return result

        return lambda _context, frame: DerivedFunction(
            _TRANSFORM_SIGNATURE, lambda call, value: change(call, value, frame)
        )


def _context(context: Value, _: Frame) -> Value:
    return context


def _unwrapped(evaluate: Evaluate) -> Evaluate:
    def unwrapped(context: Value, frame: Frame) -> Value:
        result = evaluate(context, frame)
        return unwrap(result) if type(result) is Sequence else result

    return unwrapped


def _binds_a_variable(node: Node) -> bool:
    """Whether ``node`` binds a variable in its own scope."""
    if isinstance(node, Bind):
        return True
    if isinstance(node, Block | Lambda | Transform):
        return isinstance(node, Transform)
    carried = [stage.predicate for stage in (*node.predicates, *node.stages) if stage.predicate]
    carried += [part for pair in (node.group.pairs if node.group else []) for part in pair]
    return any(map(_binds_a_variable, (*node.children(), *carried)))


_COMPILERS: Final[dict[type[Node], Callable[[_Compiler, Any, int], Evaluate]]] = {
    Literal: _Compiler.literal,
    Name: _Compiler.name,
    Variable: _Compiler.variable,
    Wildcard: _Compiler.wildcard,
    Descendants: _Compiler.descendants,
    Parent: _Compiler.parent,
    RegexLiteral: _Compiler.regex,
    Path: _Compiler.path,
    Binary: _Compiler.binary,
    Apply: _Compiler.apply,
    Bind: _Compiler.bind,
    Negate: _Compiler.negate,
    ArrayConstructor: _Compiler.array,
    ObjectConstructor: _Compiler.object,
    Condition: _Compiler.condition,
    Block: _Compiler.block,
    Call: _Compiler.call,
    Partial: _Compiler.partial,
    Lambda: _Compiler.function,
    Transform: _Compiler.transform,
}
