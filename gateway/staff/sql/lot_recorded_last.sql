SELECT lot
FROM dose_record
WHERE mark = 'given' AND marked_by = %(login)s AND slot_id = ANY(%(slot_ids)s)
ORDER BY marked_at DESC
LIMIT 1;
