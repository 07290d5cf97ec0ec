"""Properties that are one of a few words, such as ``BillingMode``: AWS refuses another one, and so is it here.

The words are those of CloudFormation's schemas (``words.json``). AWS adds words: one that the installed botocore has
for the service passes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asl.problems import join
from emulator.templates.document import Document
from emulator.templates.errors import TemplateError
from emulator.templates.kinds import Text, read
from emulator.templates.words import service_values, words_of


def wrong_values(
    document: Document, type_: str, properties: Mapping[str, Any], pointer: str, value_of: Callable[[Any, str], Any]
) -> Iterator[TemplateError]:
    """The errors of the properties, which begin at ``pointer``, that are none of their words.

    ``value_of`` evaluates what a function of the template comes to. What is known only later, a dynamic reference, is
    not looked at.
    """
    for path, words in words_of(type_).items():
        name, *below = path.split("/")
        if name in properties:
            for value, at in _found(properties[name], join(pointer, name), below, value_of):
                written = "true" if value is True else "false" if value is False else str(value)
                if written in map(str, words) or "{{resolve:" in written or written in service_values(type_):
                    continue
                try:
                    read(document, Text(tuple(map(str, words))), value, at)
                except TemplateError as error:
                    yield error


def _found(
    value: Any, pointer: str, below: list[str], value_of: Callable[[Any, str], Any]
) -> Iterator[tuple[Any, str]]:
    """The values at the end of a path, and where each is; of lists, those of all items."""
    if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        value = value_of(value, pointer)
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _found(each, join(pointer, at), below, value_of)
    elif below and isinstance(value, Mapping) and below[0] in value:
        yield from _found(value[below[0]], join(pointer, below[0]), below[1:], value_of)
    elif not below and isinstance(value, str | int | float):
        yield value, pointer
