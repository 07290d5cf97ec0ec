"""The built-in functions, by name and by dialect."""

from collections.abc import Mapping
from typing import Final

from asl.jsonata.callables import Function
from asl.jsonata.functions import (
    arrays,
    aws,
    dates,
    encoding,
    general,
    higher_order,
    numbers,
    objects,
    strings,
)

STANDARD: Final[Mapping[str, Function]] = {
    native.name: native
    for theme in (strings, encoding, numbers, dates, arrays, objects, higher_order, general)
    for native in theme.FUNCTIONS
}
"""The functions of jsonata 2.0.6, without ``$eval``."""

AWS: Final[Mapping[str, Function]] = {**STANDARD, **{native.name: native for native in aws.FUNCTIONS}}
"""The functions of Step Functions."""
