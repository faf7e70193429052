COPY booking (
    booking_id, booking_number, person_key, campaign_id, release_id, product_id,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, interval_days_min, interval_days_max,
    state, contact, language, booked_at, reminders
) FROM STDIN
