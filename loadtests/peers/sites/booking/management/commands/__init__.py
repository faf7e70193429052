"""The management commands of the booking site."""
