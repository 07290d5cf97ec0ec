"""EventBridge Scheduler: one-time and recurring schedules that call one target each, on the virtual clock.

moto stores the schedules and their groups. ``checks`` refuses what AWS refuses, ``times`` says when a schedule is due,
``schedules`` has the alarms and fires, ``targets`` makes the call, ``inputs`` the text for it.
"""
