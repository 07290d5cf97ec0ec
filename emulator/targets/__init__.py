"""Targets: they answer the calls of Task states."""
