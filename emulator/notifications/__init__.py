"""What buckets and topics tell others: S3's event notifications, and SNS's deliveries.

Each message begins its way after the call that causes it (``emulator.timeline``), whoever makes the call. moto keeps
the objects, topics and subscriptions; it delivers nothing itself while an emulator answers.
"""
