INSERT INTO pair_booking (booking_id, person_key, first_seat_id, second_seat_id, contact)
VALUES (
    %(booking_id)s, %(person_key)s, %(first_seat_id)s, %(second_seat_id)s, %(contact)s
)
