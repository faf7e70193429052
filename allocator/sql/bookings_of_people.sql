-- By both columns of the index that keeps bookings to one a person and campaign.
SELECT
    booking_id, booking_number, campaign_id, release_id, product_id, state,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, dose1_given, dose2_given, standby, reminders,
    person_key
FROM booking
WHERE
    campaign_id = ANY(ARRAY(SELECT release.campaign_id FROM release))
    AND person_key = ANY(%(person_keys)s)
    AND state <> 'cancelled'
