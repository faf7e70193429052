"""What one of each thing costs: the figures from which `seiriken size` works out a city's needs."""
