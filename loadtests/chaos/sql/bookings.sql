SELECT
    booking_number AS number,
    encode(person_key, 'hex') AS person,
    state,
    coalesce(dose1_slot_id::text, '') AS dose1_slot,
    coalesce(dose2_slot_id::text, '') AS dose2_slot,
    dose1_on - DATE '2020-01-01' AS dose1_day,
    dose2_on - DATE '2020-01-01' AS dose2_day,
    interval_days_min,
    interval_days_max
FROM booking
