-- The check of the PIN of who has one stands behind that of the birth date. Whoever left has none.
SELECT
    person_key,
    CASE WHEN left_why IS NULL THEN birth_check || coalesce(pin_check, ''::bytea) END AS birth_check
FROM roster
WHERE person_key > %(person_key)s
ORDER BY person_key
LIMIT %(limit)s
