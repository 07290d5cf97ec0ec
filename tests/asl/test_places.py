"""States know where they stand in their definition: the JSON pointer always, the line when it came as text."""

import json

from asl import Program, compile  # noqa: A004 - the word of the field
from asl.values import Json
from tests.asl.driving import machine, map_, parallel, pass_, task

CONFIG: Json = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
DEFINITION = machine(
    P=parallel(machine(A=pass_()), machine(**{"b/~": task()}), Next="M"),
    M=map_(machine(C=pass_()), Next="D"),
    D=map_({**machine(E={"Type": "Succeed"}), "ProcessorConfig": CONFIG}, Next="I"),
    I={"Type": "Map", "Iterator": machine(F={"Type": "Fail"}), "End": True},
)
POINTERS = {
    "P": "/States/P",
    "A": "/States/P/Branches/0/States/A",
    "b/~": "/States/P/Branches/1/States/b~1~0",
    "M": "/States/M",
    "C": "/States/M/ItemProcessor/States/C",
    "D": "/States/D",
    "E": "/States/D/ItemProcessor/States/E",
    "I": "/States/I",
    "F": "/States/I/Iterator/States/F",
}


def lines(program: Program) -> dict[str, int | None]:
    return {state.name: state.line for _, state in program.block.walk()}


def test_every_state_knows_its_pointer_in_the_whole_definition() -> None:
    program = compile(DEFINITION)
    assert {state.name: state.pointer for _, state in program.block.walk()} == POINTERS
    assert program.processors["D"].block.states["E"].pointer == POINTERS["E"]


def test_the_states_of_a_definition_that_came_as_text_know_their_line() -> None:
    text = json.dumps(DEFINITION, indent=1)
    expected = {
        name: next(n for n, line in enumerate(text.split("\n"), 1) if f'"{name}": {{' in line) for name in POINTERS
    }
    program = compile(text)
    assert lines(program) == expected
    assert program.processors["D"].block.states["E"].line == expected["E"]


def test_the_states_of_a_definition_that_came_as_a_value_have_no_line() -> None:
    assert set(lines(compile(DEFINITION)).values()) == {None}


def test_where_a_state_stands_makes_no_difference_to_what_it_is() -> None:
    text = json.dumps(machine(A={"Type": "Succeed"}))
    assert compile(text).block == compile(text).block
