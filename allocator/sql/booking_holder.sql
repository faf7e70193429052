SELECT person_key, campaign_id
FROM booking
WHERE booking_id = %(booking_id)s AND state <> 'cancelled'
