"""A state knows its line in the file that it was written in: JSON, YAML, with substitutions, or within a template."""

from pathlib import Path

from emulator import Emulator

YAML = """\
# An order.
StartAt: Charge
States:
  Charge:
    Type: Pass
    Result: ${Card}
    Next: Each

  Each:
    Type: Map
    ItemProcessor:
      ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}
      StartAt: Ship
      States:
        Ship: {Type: Succeed}
    End: true
"""

JSON = """{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Pass", "Result": "${Card}",
      "Next": "Ship"},

    "Ship": {"Type": "Succeed"}
  }
}
"""

TEMPLATE = """\
Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionString: |
        {
          "StartAt": "Charge",
          "States": {
            "Charge": {"Type": "Succeed"}
          }
        }
  Returns:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Definition:
        StartAt: Refund
        States:
          Refund:
            Type: Succeed
"""


def lines(machine: object) -> dict[str, int | None]:
    return {state.name: state.line for _, state in machine.program.block.walk()}  # type: ignore[attr-defined]


def test_states_of_a_file_of_yaml(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "order.asl.yaml").write_text(YAML)
    machine = emulator.state_machine(tmp_path / "order.asl.yaml", substitutions={"Card": "a\n      b"})
    assert lines(machine) == {"Charge": 4, "Each": 9, "Ship": 15}
    assert {state.line for _, state in machine.program.processors["Each"].block.walk()} == {15}


def test_states_of_a_file_of_json(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "order.asl.json").write_text(JSON)
    machine = emulator.state_machine(tmp_path / "order.asl.json", substitutions={"Card": "visa"})
    assert lines(machine) == {"Charge": 4, "Ship": 8}


def test_states_in_a_template(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    app = emulator.deploy(tmp_path / "template.yaml")
    assert [lines(app.machine(name)) for name in ("Orders", "Returns")] == [{"Charge": 10}, {"Refund": 20}]
