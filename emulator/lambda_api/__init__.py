"""Lambda's API for functions that run here, by resource: functions, versions, aliases, policies, tags, concurrency.

Lambda is answered in this process and by nothing else: an operation is answered here, or it is refused by name with
what to do instead (``operations``). Code comes as a zip file, in the request or from S3, and runs in this process on
the emulator's clock. Members without effect here (a role, tags, architectures) are kept and shown; members that should
change the function but would not are refused by name. Wire facts: service model ``lambda/2015-03-31``; texts and
answers as recorded on AWS, in the tests of LocalStack's ``lambda_/test_lambda_api`` unless another is named.
"""

from emulator.lambda_api.service import LambdaApi

__all__ = ["LambdaApi"]
