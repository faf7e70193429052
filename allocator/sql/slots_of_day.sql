SELECT slot_id
FROM slot
WHERE release_id = %(release_id)s AND venue_id = %(venue_id)s AND product_id = %(product_id)s
    AND day = %(day)s
