INSERT INTO outcome (request_id, content_digest, person_key, journal_seq, answer)
SELECT *
FROM unnest(
    %(request_id)s::uuid[], %(content_digest)s::bytea[], %(person_key)s::bytea[],
    %(journal_seq)s::bigint[], %(answer)s::bytea[]
)
