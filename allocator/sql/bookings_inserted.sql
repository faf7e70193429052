INSERT INTO booking (
    booking_id, booking_number, person_key, campaign_id, release_id, product_id,
    dose1_slot_id, dose1_on, dose2_slot_id, dose2_on, interval_days_min, interval_days_max,
    state, dose1_given, dose2_given, standby, reminders, contact, language, booked_at
)
SELECT *
FROM unnest(
    %(booking_id)s::uuid[], %(booking_number)s::text[], %(person_key)s::bytea[],
    %(campaign_id)s::text[], %(release_id)s::text[], %(product_id)s::text[],
    %(dose1_slot_id)s::integer[], %(dose1_on)s::date[],
    %(dose2_slot_id)s::integer[], %(dose2_on)s::date[],
    %(interval_days_min)s::integer[], %(interval_days_max)s::integer[],
    %(state)s::text[], %(dose1_given)s::boolean[], %(dose2_given)s::boolean[],
    %(standby)s::text[]::jsonb[], %(reminders)s::boolean[],
    %(contact)s::bytea[], %(language)s::text[], %(booked_at)s::timestamptz[]
)
