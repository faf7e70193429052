"""Measure the insides of the system on this machine: `make bench`.

It runs its own PostgreSQL and Redis with the settings of the stack, measures, and
prints one table of medians and ratios, all from the one run. It alone among the load
tests may import the allocator: it measures parts that no network reaches.
"""
