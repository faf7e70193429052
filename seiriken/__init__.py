"""The `seiriken` command: puts the parts together. Nothing imports it."""
