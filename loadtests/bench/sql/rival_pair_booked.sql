SELECT book_pair(
    %(booking_id)s, %(person_key)s, %(first_seat_id)s, %(second_seat_id)s, %(contact)s
)
