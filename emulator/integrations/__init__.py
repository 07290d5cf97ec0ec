"""What Step Functions takes as the parameters of a Task that calls a service, at create and at run time.

``check`` is asked for definitions, and by the machine before it schedules a task; ``parameters``, ``dialect`` and
``optimized`` serve the targets that make the calls.
botocore, whose models have the members of most actions, is imported on first use.
"""
