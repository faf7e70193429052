SELECT campaign_id, person_key
FROM booking
WHERE state <> 'cancelled'
