SELECT person_key, birth_check
FROM roster
WHERE person_key > %(person_key)s
ORDER BY person_key
LIMIT %(limit)s
