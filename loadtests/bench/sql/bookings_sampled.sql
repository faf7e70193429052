-- Bookings like those that are there, of people who are not, for `bookings_inserted.sql`.
SELECT
    gen_random_uuid() AS booking_id, gen_random_uuid()::text AS booking_number,
    decode(replace(gen_random_uuid()::text, '-', ''), 'hex') AS person_key,
    campaign_id, release_id, product_id, dose1_slot_id, dose1_on, dose2_slot_id, dose2_on,
    interval_days_min, interval_days_max, state, dose1_given, dose2_given, NULL AS standby,
    reminders, contact, language, booked_at
FROM booking
ORDER BY random()
LIMIT %(bookings)s
