"""What the local transports wrote, for developers to read."""
