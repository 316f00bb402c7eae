"""Every SQL statement of course, a file for each thing kept."""
