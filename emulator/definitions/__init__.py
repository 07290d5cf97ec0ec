"""Definitions in files: JSON and YAML, ``${Substitutions}``, and the places of their problems."""
