"""JSONata, the query and transformation language, as Step Functions runs it: compiled once, evaluated fast.

    >>> from asl.jsonata import compile
    >>> compile("$sum($items.price)").evaluate({"items": [{"price": 2}, {"price": 3}]})
    5

``compile`` raises ``JsonataSyntaxError`` and ``Expression.evaluate`` raises ``JsonataError``, with jsonata's
codes, texts and positions. UNDEFINED, the absence of a value, is not ``None``, which is JSON's null.
"""

from asl.jsonata.callables import Function
from asl.jsonata.errors import BoundError, InternalError, JsonataError, JsonataSyntaxError
from asl.jsonata.expression import (
    JSONATA_2_0,
    JSONATA_2_1,
    STEP_FUNCTIONS,
    Dialect,
    Expression,
    compile,  # noqa: A004 - what the package is for
)
from asl.jsonata.references import References
from asl.jsonata.runtime import Bounds, Runtime
from asl.jsonata.values import UNDEFINED, Undefined

__all__ = [
    "JSONATA_2_0",
    "JSONATA_2_1",
    "STEP_FUNCTIONS",
    "UNDEFINED",
    "BoundError",
    "Bounds",
    "Dialect",
    "Expression",
    "Function",
    "InternalError",
    "JsonataError",
    "JsonataSyntaxError",
    "References",
    "Runtime",
    "Undefined",
    "compile",
]
