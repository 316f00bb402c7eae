"""What all pages of the academy look like."""
