"""The walks over a definition: its raw value, and the compiled program."""

from asl import compile  # noqa: A004 - the word of the field
from asl.states.task import Task
from asl.values import Json
from asl.walk import blocks_of, is_distributed, walk
from tests.asl.driving import machine, map_, parallel, pass_, task

DISTRIBUTED: Json = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def nested() -> dict[str, Json]:
    """A machine with a state in a branch, in an item processor, and in a distributed one that is in a branch."""
    return machine(
        Both=parallel(
            machine(Left=pass_()),
            machine(Right=map_({**machine(Child=task()), "ProcessorConfig": DISTRIBUTED})),
            Next="Each",
        ),
        Each=map_(machine(Item=task())),
    )


def test_the_walk_over_a_raw_definition_gives_each_state_with_its_pointer() -> None:
    assert [(pointer, name) for pointer, name, _ in walk(nested())] == [
        ("/States/Both", "Both"),
        ("/States/Both/Branches/0/States/Left", "Left"),
        ("/States/Both/Branches/1/States/Right", "Right"),
        ("/States/Both/Branches/1/States/Right/ItemProcessor/States/Child", "Child"),
        ("/States/Each", "Each"),
        ("/States/Each/ItemProcessor/States/Item", "Item"),
    ]


def test_the_walk_passes_over_what_is_no_state_and_no_block() -> None:
    definition = {"States": {"A/B": {"Branches": [1, {"States": []}], "Iterator": {"States": {"C": {}, "D": 2}}}}}
    assert [pointer for pointer, _, _ in walk(definition)] == ["/States/A~1B", "/States/A~1B/Iterator/States/C"]
    assert list(walk({})) == []
    assert list(blocks_of({"Branches": {}})) == []
    assert not is_distributed({"ProcessorConfig": "DISTRIBUTED"})
    assert not is_distributed(None)


def test_the_walk_over_a_program_gives_each_state_with_its_block() -> None:
    program = compile(nested())
    found = list(program.block.walk())
    assert [state.name for _, state in found] == ["Both", "Left", "Right", "Child", "Each", "Item"]
    assert all(block.states[state.name] is state for block, state in found)


def test_a_program_knows_its_tasks_and_so_does_that_of_a_distributed_map() -> None:
    program = compile(nested())
    assert [each.name for each in program.tasks] == ["Child", "Item"]
    assert [each.name for each in program.processors["Right"].tasks] == ["Child"]


def test_a_task_knows_which_of_its_arguments_are_always_the_same_text() -> None:
    arguments: dict[str, dict[str, Json]] = {
        "JSONPath": {"Parameters": {"FunctionName": "f", "Payload.$": "$", "n": 1}},
        "JSONata": {
            "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}", "n": 1},
            "QueryLanguage": "JSONata",
        },
    }
    for fields in arguments.values():
        state = compile(machine(Call=task(**fields))).block.states["Call"]
        assert isinstance(state, Task)
        assert state.literal_argument("FunctionName") == "f"
        assert [state.literal_argument(name) for name in ("Payload", "Payload.$", "n", "other")] == [None] * 4
