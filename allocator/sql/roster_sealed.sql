-- By key, a keyed hash: so in no order of people.
SELECT person_key, sealed
FROM roster
WHERE left_why IS NULL
ORDER BY person_key
