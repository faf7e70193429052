"""What can be seen of a running system: logs, metrics, the settings of a process."""
