-- The check of the PIN of who has one stands behind that of the birth date.
SELECT person_key, birth_check || coalesce(pin_check, ''::bytea) AS birth_check
FROM roster
WHERE person_key > %(person_key)s
ORDER BY person_key
LIMIT %(limit)s
