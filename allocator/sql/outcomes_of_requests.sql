SELECT request_id, content_digest, person_key, answer
FROM outcome
WHERE request_id = ANY(%(request_ids)s)
