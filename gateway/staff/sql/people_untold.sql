-- Whom only the desk can tell (the view to_be_told), and how to reach them. Offers that stand come
-- first, then whoever has waited longest. One message named: that one, if it is still to be told.
SELECT
    to_be_told.outbox_id, to_be_told.kind, to_be_told.created_at,
    booking.booking_id, booking.booking_number, booking.person_key, booking.contact,
    booking.language, booking.dose1_slot_id, booking.dose1_given, booking.dose2_slot_id,
    (booking.standby ->> 'offered_until')::timestamptz AS offered_until, roster.sealed
FROM to_be_told
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
WHERE to_be_told.campaign_id <> %(probe)s
    AND (%(outbox_id)s::bigint IS NULL OR to_be_told.outbox_id = %(outbox_id)s)
ORDER BY booking.state <> 'offered', to_be_told.created_at, to_be_told.outbox_id
LIMIT %(limit)s;
