"""Stubs as the answers to calls of boto3: those of handlers, of a test, and of clients over HTTP.

A team's handler calls Bedrock, Comprehend or Glue itself. The stub of the action, ``aws-sdk:glue:getJobRun``, answers
the Task and the handler alike. A stub is looked up by the operation that its action calls, so those with a pattern
(``.sync``), which say what a job is like at its end, answer no request. What has consequences here is left to the
service (``emulator.stubs.requested``): a stubbed PutEvents of a Task does not take away the event that a test puts.
"""

from emulator.stubbed_calls.calls import StubbedCalls

__all__ = ["StubbedCalls"]
