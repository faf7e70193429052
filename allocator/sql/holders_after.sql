SELECT person_key
FROM booking
WHERE campaign_id = %(campaign_id)s AND state IN ('booked', 'first_only', 'offered') AND person_key > %(person_key)s
ORDER BY person_key
LIMIT %(limit)s
