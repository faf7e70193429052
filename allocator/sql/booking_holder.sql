SELECT person_key, campaign_id, reminders
FROM booking
WHERE booking_id = %(booking_id)s AND state <> 'cancelled'
