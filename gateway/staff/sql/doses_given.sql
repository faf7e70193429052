-- Every dose that was given, by day; without one that was marked before there were records.
SELECT
    record.dose, record.slot_id, record.product_id, record.lot, record.given_on,
    booking.booking_number, booking.person_key, roster.sealed
FROM dose_record AS record
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE record.mark = 'given'
  AND (%(first_day)s::date IS NULL OR record.given_on >= %(first_day)s)
  AND (%(last_day)s::date IS NULL OR record.given_on <= %(last_day)s)
ORDER BY record.given_on, booking.booking_number, record.dose;
