"""Every SQL statement of progress; the functions that they call are in migrations/steps.sql."""
