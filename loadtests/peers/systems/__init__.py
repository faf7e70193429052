"""How each system is configured, started, filled and stopped."""
