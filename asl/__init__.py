"""The Amazon States Language as a pure machine: a definition compiles to a program, a program runs as a machine.

>>> from asl import Machine, compile
>>> machine = Machine(compile('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'))

``machine.receive(event)`` takes an event and returns the effects to carry out; see ``asl.events``, ``asl.effects``.
Nothing here reads a clock, draws an unseeded number, opens a socket or starts a thread.
"""

from asl.machine import Machine, replay
from asl.problems import DefinitionError, Problem
from asl.program import Program, check, compile  # noqa: A004 - the word of the field

__all__ = ["DefinitionError", "Machine", "Problem", "Program", "check", "compile", "replay"]
