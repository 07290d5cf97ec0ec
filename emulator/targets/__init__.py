"""Who answers the call of a Task state."""
