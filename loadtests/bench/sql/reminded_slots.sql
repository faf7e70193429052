-- Slots of dose 1 on days of which everybody is to be reminded now, with the slots of dose 2 that go
-- with them.
SELECT one.slot_id, one.day, two.slot_id, two.day
FROM slot AS one
INNER JOIN slot AS two
    ON two.venue_id = one.venue_id AND two.starts_at = one.starts_at + make_interval(days => 21)
WHERE one.starts_at > clock_timestamp()
    AND one.day <= (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date + 6
ORDER BY one.slot_id
