SELECT slot.slot_id, venue.names ->> 'ja' AS name
FROM slot
JOIN venue USING (venue_id);
