"""Every SQL statement of auth: a file for each thing kept, and one for what is long past."""
