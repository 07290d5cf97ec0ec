"""What Step Functions takes as the parameters of a Task that calls a service, at create and at run time.

``check`` is asked for definitions, ``dialect`` and ``optimized`` say the same to the targets that make the calls.
botocore, whose models have the members of most actions, is imported on first use.
"""
