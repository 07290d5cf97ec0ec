"""The part of EventBridge that Step Functions users need.

``patterns`` matches events and explains mismatches, ``entries`` checks PutEvents, ``inputs`` makes the input of a
target. These are pure: text and values in, values or AWS's refusals out.
"""
