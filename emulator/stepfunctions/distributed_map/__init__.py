"""Map runs: the children of a Distributed Map, their items from S3, their results in S3, and the API."""
