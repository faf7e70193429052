-- I3: people who hold two bookings in one campaign.
SELECT concat('bookings ', string_agg(booking_number, ' and ' ORDER BY booking_number)) AS finding
FROM booking
WHERE state <> 'cancelled'
GROUP BY campaign_id, person_key
HAVING count(*) > 1
ORDER BY 1
