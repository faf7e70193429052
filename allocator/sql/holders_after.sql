-- Who comes in without waiting in line: as `allocator.eligibility.is_holder`.
SELECT person_key
FROM booking
WHERE campaign_id = %(campaign_id)s AND person_key > %(person_key)s
    AND (
        state IN ('booked', 'first_only', 'offered')
        OR (state = 'standby' AND standby ->> 'reason' <> 'asked')
    )
ORDER BY person_key
LIMIT %(limit)s
