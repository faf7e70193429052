-- The new ticket may have come with a file of people already.
INSERT INTO roster (person_key, birth_check, sealed)
SELECT * FROM unnest(%(person_key)s::bytea[], %(birth_check)s::bytea[], %(sealed)s::bytea[])
ON CONFLICT (person_key) DO NOTHING
