"""Background tasks to look at and to run: ``emulate task`` runs ``article_import``."""
