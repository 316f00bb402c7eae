class StartError(Exception):
    """The stack cannot start or run; the text is one sentence for the person who started it."""


class StopRequested(Exception):
    """Somebody asked the launcher to stop while it was doing something else."""
