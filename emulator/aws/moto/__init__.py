"""moto as the backend: the contents of each emulator, the time that moto sees, and a user's own ``mock_aws``."""
