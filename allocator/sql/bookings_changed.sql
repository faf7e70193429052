-- A calendar replaces an appointment whose revision has grown: it grows when a dose moves.
UPDATE booking
SET
    person_key = changed.person_key,
    product_id = changed.product_id,
    dose1_slot_id = changed.dose1_slot_id,
    dose1_on = changed.dose1_on,
    dose2_slot_id = changed.dose2_slot_id,
    dose2_on = changed.dose2_on,
    interval_days_min = changed.interval_days_min,
    interval_days_max = changed.interval_days_max,
    state = changed.state,
    dose1_given = changed.dose1_given,
    dose2_given = changed.dose2_given,
    standby = changed.standby,
    reminders = changed.reminders,
    revision = booking.revision + CASE
        WHEN (booking.dose1_slot_id, booking.dose2_slot_id)
            IS DISTINCT FROM (changed.dose1_slot_id, changed.dose2_slot_id) THEN 1
        ELSE 0
    END,
    arranged_at = CASE
        WHEN (booking.dose1_slot_id, booking.dose2_slot_id)
            IS DISTINCT FROM (changed.dose1_slot_id, changed.dose2_slot_id)
            THEN %(decided_at)s::timestamptz
        ELSE booking.arranged_at
    END
FROM unnest(
    %(booking_id)s::uuid[], %(person_key)s::bytea[], %(product_id)s::text[],
    %(dose1_slot_id)s::integer[], %(dose1_on)s::date[],
    %(dose2_slot_id)s::integer[], %(dose2_on)s::date[],
    %(interval_days_min)s::integer[], %(interval_days_max)s::integer[], %(state)s::text[],
    %(dose1_given)s::boolean[], %(dose2_given)s::boolean[], %(standby)s::text[]::jsonb[],
    %(reminders)s::boolean[]
) AS changed (
    booking_id, person_key, product_id, dose1_slot_id, dose1_on, dose2_slot_id, dose2_on,
    interval_days_min, interval_days_max, state, dose1_given, dose2_given, standby, reminders
)
WHERE booking.booking_id = changed.booking_id
