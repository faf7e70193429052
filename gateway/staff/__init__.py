"""The staff's own gateway: a process, a port and accounts of its own."""
