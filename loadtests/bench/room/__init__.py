"""The waiting room measured: what it tells the crowd, signing in, its edge, its tick."""
