"""API Gateway's REST and HTTP APIs and function URLs: a request goes to a function, a state machine or a service.

The APIs are those of templates (``emulator.templates``). Who may call is not looked at: no authorizer, key or policy.
"""
