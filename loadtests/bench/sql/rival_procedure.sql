-- Row locks once more, in one call.
CREATE FUNCTION book_pair(
    wanted_booking_id uuid, wanted_person_key bytea, wanted_first integer, wanted_second integer,
    wanted_contact bytea
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    full_seats integer;
BEGIN
    PERFORM 1 FROM seat
    WHERE seat_id IN (wanted_first, wanted_second)
    ORDER BY seat_id
    FOR UPDATE;
    SELECT count(*) INTO full_seats FROM seat
    WHERE seat_id IN (wanted_first, wanted_second) AND taken >= capacity;
    IF full_seats > 0 THEN
        RETURN false;
    END IF;
    UPDATE seat SET taken = taken + 1 WHERE seat_id IN (wanted_first, wanted_second);
    INSERT INTO pair_booking (booking_id, person_key, first_seat_id, second_seat_id, contact)
    VALUES (wanted_booking_id, wanted_person_key, wanted_first, wanted_second, wanted_contact);
    RETURN true;
END
$$
