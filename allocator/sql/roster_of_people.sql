SELECT person_key, sealed
FROM roster
WHERE person_key = ANY(%(person_keys)s) AND left_why IS NULL
