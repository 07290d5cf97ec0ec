"""The Step Functions API as functions: a request's members in, a response's members out, errors in AWS's words."""
