"""The lines of a definition's parts in its file: in JSON, YAML, a template, and behind substitutions."""

from collections.abc import Mapping

from asl.source import places
from emulator.definitions.files import DefinitionText
from emulator.definitions.substitutions import before_cuts, line_and_column, line_starts


def lines_of(text: DefinitionText) -> Mapping[str, int]:
    """JSON pointer -> its line in the file, from 1; of a template, only pointers written there."""
    if text.places is not None:
        return {pointer: line + text.begin[0] for pointer, (line, _) in text.places.items()}
    found = places(text.text)
    if not text.cuts:
        return {pointer: line + text.begin[0] for pointer, (line, _) in found.items()}
    starts = line_starts(text.text)

    def written(line: int, column: int) -> int:
        offset = before_cuts(starts[line - 1] + column - 1, text.cuts)
        return line_and_column(text.written, offset)[0] + text.begin[0]

    return {pointer: written(*at) for pointer, at in found.items()}
