-- What a message tells of: the booking as it stands now, in one look.
SELECT
    outbox.kind, outbox.created_at, outbox.put_back_at, outbox.challenge, outbox.words,
    outbox.parted, outbox.queue, coalesce(outbox.result = 'turn', FALSE) AS has_waited,
    booking.booking_id, booking.booking_number, booking.state, booking.contact, booking.language,
    booking.standby, booking.dose1_given, booking.dose2_given, booking.reminders, booking.revision,
    booking.dose1_slot_id, booking.dose2_slot_id,
    roster.left_why, outbox.dose AS reminded_dose, outbox.slot_id AS reminded_slot_id,
    product.names AS product_names,
    slot1.starts_at AS dose1_starts_at, slot1.ends_at AS dose1_ends_at,
    venue1.venue_id AS dose1_venue_id, venue1.names AS dose1_venue_names,
    venue1.addresses AS dose1_venue_addresses,
    slot2.starts_at AS dose2_starts_at, slot2.ends_at AS dose2_ends_at,
    venue2.venue_id AS dose2_venue_id, venue2.names AS dose2_venue_names,
    venue2.addresses AS dose2_venue_addresses
FROM outbox
JOIN booking USING (booking_id)
LEFT JOIN roster USING (person_key)
LEFT JOIN product USING (product_id)
LEFT JOIN slot AS slot1 ON slot1.slot_id = booking.dose1_slot_id
LEFT JOIN venue AS venue1 ON venue1.venue_id = slot1.venue_id
LEFT JOIN slot AS slot2 ON slot2.slot_id = booking.dose2_slot_id
LEFT JOIN venue AS venue2 ON venue2.venue_id = slot2.venue_id
WHERE outbox.outbox_id = %(outbox_id)s
