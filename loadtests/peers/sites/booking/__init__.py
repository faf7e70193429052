"""A plain booking site: Django, PostgreSQL and row locks, as a good web shop would write it."""
