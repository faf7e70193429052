"""How each system is spoken to: one module a system, each giving a `Visit` to a resident."""
