"""Every SQL statement of notification, a file for each thing kept."""
