"""Backups that are proved: what is kept, how it is sealed, how it comes back."""
