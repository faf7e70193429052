"""Chaos: faults strike a city under load, and a checker compares what was told with the tables."""
