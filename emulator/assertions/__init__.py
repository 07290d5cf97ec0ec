"""The assertions of an execution: what they check, and what they say when it is not so.

A text begins with the place of the state that it is about, ``order.asl.json:41``, then says what was expected and what
was instead. Errors of the test itself, such as a name that no state has, are ``EmulatorError``.

A state in a Distributed Map runs in the map run's children, which are executions of their own: named by the parent, it
is that of all its children.
"""
