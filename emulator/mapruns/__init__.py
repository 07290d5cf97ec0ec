"""Map runs: the children of a Distributed Map, the items they get from S3, the results that go there, and the API."""
