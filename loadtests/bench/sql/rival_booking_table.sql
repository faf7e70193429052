CREATE TABLE pair_booking (
    booking_id uuid PRIMARY KEY,
    person_key bytea NOT NULL UNIQUE,
    first_seat_id integer NOT NULL REFERENCES seat,
    second_seat_id integer NOT NULL REFERENCES seat,
    contact bytea NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
