SELECT person_key, sealed, left_why, reissued_as
FROM roster
WHERE person_key = ANY(%(person_keys)s)
