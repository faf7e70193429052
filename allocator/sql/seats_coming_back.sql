-- Seats ahead that an order of the staff took away and the file has again, by venue and day: of
-- slots that were closed whole (or are empty, and nobody knows what their file had), and of others.
WITH held AS (
    SELECT
        slot.venue_id,
        slot.day,
        seats.capacity,
        sum(seats.capacity) OVER (PARTITION BY slot.slot_id) = 0 AS is_closed,
        slot.dose1_planned + slot.dose2_planned AS planned_of_slot,
        CASE seats.dose WHEN 1 THEN slot.dose1_planned ELSE slot.dose2_planned END AS planned,
        CASE seats.dose
            WHEN 1 THEN arriving_slot.dose1_capacity
            ELSE arriving_slot.dose2_capacity
        END AS wanted
    FROM slot
    INNER JOIN seats ON seats.slot_id = slot.slot_id
    INNER JOIN arriving_slot ON
        arriving_slot.venue_id = slot.venue_id
        AND arriving_slot.product_id = slot.product_id
        AND arriving_slot.starts_at = slot.starts_at
    WHERE slot.release_id = %(release_id)s AND slot.ends_at > now()
)
SELECT is_closed, venue_id, day, sum(wanted - capacity) AS seats
FROM held
WHERE
    wanted > capacity
    AND CASE WHEN is_closed THEN coalesce(planned_of_slot, 1) > 0 ELSE capacity < planned END
GROUP BY is_closed, venue_id, day
ORDER BY is_closed, venue_id, day
