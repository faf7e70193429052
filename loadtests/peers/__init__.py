"""Seiriken beside what a city would take instead, with the same people on the same servers."""
