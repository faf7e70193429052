"""What must be shown of a surge on one machine, the generator included."""
