"""Snapshots of runs with syrupy: ``snapshot(extension_class=RunSnapshot)``. Needs the package syrupy.

``assert run.snapshot() == snapshot`` needs nothing of this: the text stands in syrupy's own file. With these classes
``assert run == snapshot`` compares a run with a file of its own, ``.txt`` or, for the diagram, ``.mmd``.
"""

from typing import Any, ClassVar, Literal

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.wrong_types import kind


class RunSnapshot(SingleFileSnapshotExtension):  # type: ignore[misc]  # syrupy may be absent
    """A run as text, in a file of its own: see ``Execution.snapshot``."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"
    format: ClassVar[Literal["text", "mermaid"]] = "text"

    def serialize(self, data: Any, **options: Any) -> str:
        """The text of ``data``, an execution; raises ``EmulatorError`` for anything else."""
        if not isinstance(data, Execution):
            raise EmulatorError(
                f"{kind(data)} is not an execution, which this snapshot is of\n"
                "    fix: compare emulator.run(...), or use the fixture snapshot without extension_class"
            )
        return data.snapshot(format=self.format)


class RunDiagram(RunSnapshot):
    """A run as a Mermaid diagram, in a file of its own."""

    file_extension = "mmd"
    format = "mermaid"
