"""Surges beyond one machine: a discrete-event model whose service times were measured."""
