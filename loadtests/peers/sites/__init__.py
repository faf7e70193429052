"""What runs in the peers' own virtual environment (`requirements/peers.txt`): ours to write."""
