"""Every SQL statement of certificate: a file for certificates, one for the keys that sign them."""
