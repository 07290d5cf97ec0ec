"""Example background tasks to read and run: ``emulate task`` runs ``article_import``."""
