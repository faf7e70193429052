SELECT
    booking_id, booking_number, campaign_id, release_id, product_id, state,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, dose1_given, dose2_given, standby, reminders,
    contact, booked_at, revision, arranged_at
FROM booking
WHERE campaign_id = %(campaign_id)s AND person_key = %(person_key)s AND state IN ('booked', 'first_only')
