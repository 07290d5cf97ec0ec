"""EventBridge as Step Functions users meet it.

``patterns`` says which events a rule matches and why not, ``entries`` what PutEvents accepts, ``inputs`` what
a target receives. These are pure: text and values in, values or AWS's refusals out.
"""
