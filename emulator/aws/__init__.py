"""The door for plain boto3: requests that are made in this process are answered in this process."""
