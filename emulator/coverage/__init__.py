"""Coverage of state machines: what can be taken in a definition, what executions took, and reports of both."""
