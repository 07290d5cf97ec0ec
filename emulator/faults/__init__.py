"""Faults: errors and delays that a test gives to calls of services, so that each error path can be driven.

``faults`` is what a test calls, ``fault`` a planned fault and the calls that it is for, ``files`` faults in a file;
``arguments`` checks, and ``told`` says what is wrong or was never used. ``calls`` reads the names of operations and of
a request's resources, ``errors``, ``function_errors`` and ``http_errors`` those of errors. ``acting`` lets faults act:
on ``requests``, ``tasks`` and ``functions``, and on ``entries`` of batches; ``retries`` is how botocore waits before it
asks again.
"""

from emulator.faults.acting import Acting
from emulator.faults.fault import Fault
from emulator.faults.faults import Faults

__all__ = ["Acting", "Fault", "Faults"]
