"""Load on a running system, over HTTP alone: nothing here imports our Python."""
