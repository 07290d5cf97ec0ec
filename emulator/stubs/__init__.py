"""Stubs: scripted answers of Tasks, which a test declares by state or by resource, and looks at afterwards.

``stub`` is what a test holds, ``answers`` what it says, ``call`` what a Task asked; ``registry`` finds the answer of a
call, ``delivery`` gives it to the execution, and ``named`` reads the names of states and resources.
"""

from emulator.stubs.call import TaskCall, TaskError
from emulator.stubs.stub import Stub

__all__ = ["Stub", "TaskCall", "TaskError"]
