SELECT person_key, answer
FROM outcome
WHERE request_id = %(request_id)s
