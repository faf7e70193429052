UPDATE writer
SET epoch = epoch + 1, holder = %(holder)s, seen_at = clock_timestamp()
WHERE holder = %(holder)s OR seen_at < clock_timestamp() - make_interval(secs => %(lease_s)s)
RETURNING epoch
