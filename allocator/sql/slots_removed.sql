-- Slots that are no longer in the file.
DELETE FROM slot
WHERE
    slot.release_id = %(release_id)s
    AND NOT EXISTS (
        SELECT FROM arriving_slot
        WHERE
            arriving_slot.venue_id = slot.venue_id
            AND arriving_slot.product_id = slot.product_id
            AND arriving_slot.starts_at = slot.starts_at
    )
