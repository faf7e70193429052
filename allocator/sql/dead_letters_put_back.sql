-- To be told once more; whoever is told already stays so. None named: all that ended untold since.
-- From now on each is tried as long as a new one.
UPDATE outbox
SET
    done_at = NULL,
    result = NULL,
    relayed_at = NULL,
    attempts = 0,
    put_back_at = clock_timestamp()
WHERE result IN ('refused', 'given_up')
    AND done_at > %(since)s
    AND (outbox_id = any(%(ids)s) OR cardinality(%(ids)s::bigint[]) = 0)
RETURNING outbox_id
