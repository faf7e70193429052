SELECT slot.day, slot.venue_id, slot.product_id, seats.dose,
    sum(seats.capacity)::integer AS capacity, sum(seats.taken)::integer AS taken
FROM seats
JOIN slot USING (slot_id)
JOIN release USING (release_id)
WHERE release.campaign_id <> %(probe)s
    AND (%(first_day)s::date IS NULL OR slot.day >= %(first_day)s)
    AND (%(last_day)s::date IS NULL OR slot.day <= %(last_day)s)
    AND (%(venue_id)s::text IS NULL OR slot.venue_id = %(venue_id)s)
GROUP BY slot.day, slot.venue_id, slot.product_id, seats.dose
