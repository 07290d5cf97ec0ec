"""What a checkout can do besides testing itself."""
