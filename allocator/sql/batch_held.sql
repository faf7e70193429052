-- What is on offer is held first, then the lease: an edit waits for this batch, or is seen by it.
WITH offered AS MATERIALIZED (
    SELECT version FROM catalogue FOR NO KEY UPDATE
)
UPDATE writer
SET seen_at = clock_timestamp()
FROM offered
WHERE writer.epoch = %(epoch)s
RETURNING offered.version
