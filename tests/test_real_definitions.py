"""Definitions that people have published, from a folder beside the checkout: what is said of them is true.

They were deployed, so AWS takes them, once their ``${Substitutions}`` have values. What is refused all the same is
listed with the reason.
"""

from pathlib import Path

import pytest

from emulator.definitions.files import DefinitionText, parse_definition, read_definition_file
from tests.conformance.corpus import FOLDER as CONFORMANCE
from tests.needs import WITHOUT_RECORDINGS

FOLDER = CONFORMANCE / "definitions"
FILES = {path.name: path for path in sorted(FOLDER.glob("*"))}
pytestmark = pytest.mark.skipif(not FILES, reason=WITHOUT_RECORDINGS)

TRULY_WRONG = {
    "workflows--parallelized-embedding-pipeline--example-workflow.json": (
        "the description of an example, with a definition in it",
        {"NOT_A_DEFINITION"},
    ),
    "workflows--scatter-gather--out.yaml": ("a CloudFormation template", {"NOT_A_DEFINITION"}),
    "workflows--sfn-iot-data-analytics-dataset--statemachine--statemachine.asl.json": (
        'no JSON: "Messages": "Messages.$": "$.Messages"',
        {"INVALID_JSON_DESCRIPTION"},
    ),
}


def value_of(name: str) -> str:
    """A value of the kind that the name asks for."""
    known = {"partition": "aws", "region": "us-east-1", "timeout": "60"}
    function = f"arn:aws:lambda:us-east-1:123456789012:function:{name.replace('.', '-')}"
    return next((value for word, value in known.items() if name.lower().endswith(word)), function)


def filled(path: Path) -> DefinitionText:
    written = read_definition_file(path, path.name)
    values = {name: value_of(name) for name in written.names}
    return parse_definition(written.written, path.name, values, yaml=path.suffix == ".yaml")


def codes(text: DefinitionText) -> set[str]:
    """The codes of what AWS would refuse."""
    return {each.code for each in text.check(unresolved="ERROR") if each.severity == "ERROR"}


def test_without_values_exactly_the_files_with_substitutions_have_problems() -> None:
    texts = {name: read_definition_file(path, name) for name, path in FILES.items()}
    with_problems = {name for name, text in texts.items() if codes(text)}
    assert with_problems == {name for name, text in texts.items() if text.names} | (TRULY_WRONG.keys() & texts.keys())
    for name, text in texts.items():
        if name not in TRULY_WRONG:
            assert codes(text) <= {"UNRESOLVED_SUBSTITUTION"}, name


@pytest.mark.parametrize("name", FILES)
def test_with_values_nothing_is_refused(name: str) -> None:
    assert codes(filled(FILES[name])) == TRULY_WRONG.get(name, ("", set()))[1]
