"""Grafana's dashboards, written in Python and kept as JSON beside it.

Rule 1: one file of `dashboards/` is one dashboard; a new file needs nothing else.
Rule 2: `make dashboards` writes `json/`; a test compares the two.
Rule 3: the running system never imports this package (a contract of pyproject.toml):
the SDK it is made with is a tool of developers.
"""
