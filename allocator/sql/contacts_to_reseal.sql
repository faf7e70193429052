-- Rows that the writer holds are passed over: so nobody ever waits for the writer here, and the
-- writer waits for a small batch at most. They are found by the next pass.
SELECT booking_id, contact
FROM booking
WHERE booking_id > %(after)s AND contact <> '' AND substring(contact FOR octet_length(%(header)s::bytea)) <> %(header)s::bytea
ORDER BY booking_id
LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED
