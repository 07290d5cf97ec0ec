"""Definitions in files: JSON and YAML, ``${Substitutions}``, and where their problems are."""
