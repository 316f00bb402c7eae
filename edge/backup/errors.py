class BackupError(Exception):
    """An academy cannot be saved or restored; the text is one sentence for the operator."""
