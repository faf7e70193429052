-- Every dose that was given, by day; without one that was marked before there were records.
-- The range is of the days on which they were given, or of those on which they were recorded.
SELECT
    record.dose, record.slot_id, record.product_id, record.lot, record.given_on,
    booking.booking_number, booking.person_key, roster.sealed
FROM dose_record AS record
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE record.mark = 'given'
  AND (
    %(by_record)s
    OR (
        (%(first_day)s::date IS NULL OR record.given_on >= %(first_day)s)
        AND (%(last_day)s::date IS NULL OR record.given_on <= %(last_day)s)
    )
  )
  AND (
    NOT %(by_record)s
    OR (
        (%(recorded_from)s::timestamptz IS NULL OR record.marked_at >= %(recorded_from)s)
        AND (%(recorded_before)s::timestamptz IS NULL OR record.marked_at < %(recorded_before)s)
    )
  )
ORDER BY record.given_on, booking.booking_number, record.dose;
