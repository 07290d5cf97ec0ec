"""What counts as good: one row per promise. A figure that is not promised has no bar."""

from typing import Final

TRANSITION_US: Final = 5.0
"""A transition with its history, in process; 10 is the floor of acceptance."""
LOOP_MS: Final = 500.0
"""2,700 iterations of a background task, a wait in each."""
FIXTURE_MS: Final = 2.0
"""A fresh emulator, once moto is loaded."""
PLUGIN_MS: Final = 20.0
"""Import of the pytest plugin in a run that does not use it."""
ASL_IMPORT_MS: Final = 60.0
EMULATE_RUN_MS: Final = 250.0
"""`emulate run` on a small machine without services, process start included."""
ONE_TEST_MS: Final = 300.0
"""What one test on the fixture adds to a pytest run that is otherwise empty."""
HANDLER_RATIO: Final = 22.0
"""A Map of 1,000 tasks of a handler in Python, by a bare loop of the same calls and JSON: a fifth of the 112 it was."""
MAP_10_000_MS: Final = 700.0
"""A Map over 10,000 items with a task each."""
MAP_MB: Final = 100.0
"""The same, at its peak, the process as a whole."""
DISTRIBUTED_10_000_MS: Final = 700.0
"""A distributed Map over 10,000 items with a task each."""
DISTRIBUTED_MB: Final = 100.0
"""The same, at its peak, the process as a whole."""
EXPRESSION_US: Final = 2.0
"""The value of ``$states.input.a.b``, compiled once."""
PATH_US: Final = 0.5
"""What a reference path finds, compiled once."""
LINEAR: Final = 1.2
"""20,000 iterations in one emulator, against ten times 2,000 in one each."""
EXECUTIONS_MS: Final = 40.0
"""200 executions of four states."""
DISTINCT_HISTORIES: Final = 1.0
"""Of 1,000 runs with the same definition, input and seed."""
STATES_SHARE: Final = 0.1
"""The first look at a run's states, as a share of the run."""
PAGE_MS: Final = 5.0
"""Ten events of a history of 20,000, by boto3."""
