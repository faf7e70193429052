-- A person's place on the standby list, and how many are to be offered something before them:
-- whom the city displaced, then who asked, each in order of rank. The list is bounded.
SELECT
    booking_id, booking_number, campaign_id, release_id, product_id, state,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, dose1_given, dose2_given, standby, reminders,
    (
        SELECT count(*)
        FROM booking AS other
        WHERE mine.state = 'standby' AND other.state = 'standby'
            AND other.release_id = mine.release_id
            AND (other.standby ->> 'reason' = 'asked', (other.standby ->> 'rank')::bigint)
                < (mine.standby ->> 'reason' = 'asked', (mine.standby ->> 'rank')::bigint)
    ) AS ahead
FROM booking AS mine
WHERE campaign_id = %(campaign_id)s AND person_key = %(person_key)s
    AND state IN ('standby', 'offered')
