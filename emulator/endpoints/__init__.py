"""What answers the HTTP requests of Tasks: applications in this process, and hosts that the test names.

``endpoints`` finds the answer to a URL; ``wsgi`` and ``asgi`` ask an application, ``forwarding`` a host. Nothing else
is asked: a request to any other host is refused.
"""
