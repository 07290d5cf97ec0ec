"""Faults: errors and delays that a test gives to calls of services, so that each error path can be driven.

``faults`` is what a test calls, ``fault`` a planned fault and the calls that it is for; ``calls`` reads the names of
operations and of a request's resources, ``errors`` and ``function_errors`` those of errors; ``requests``, ``tasks`` and
``functions`` let faults act on boto3's requests, on the calls of states and on calls of functions; ``entries`` holds
the operations that can fail in part, ``retries`` how botocore waits before it asks again.
"""

from emulator.faults.fault import Fault
from emulator.faults.faults import Faults

__all__ = ["Fault", "Faults"]
