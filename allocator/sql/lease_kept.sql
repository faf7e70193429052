UPDATE writer
SET seen_at = clock_timestamp()
WHERE epoch = %(epoch)s
RETURNING epoch
