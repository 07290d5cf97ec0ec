"""AWS in this process: boto3's requests are intercepted, and answered here or by a backend."""
