"""What the public and the agreed contacts are told of incidents and planned downtime (R12, R13)."""
