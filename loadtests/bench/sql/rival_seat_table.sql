-- One row a slot and dose, as an ordinary booking system has it.
CREATE TABLE seat (
    seat_id integer PRIMARY KEY,
    capacity integer NOT NULL,
    taken integer NOT NULL DEFAULT 0,
    CONSTRAINT seat_is_not_oversold CHECK (taken BETWEEN 0 AND capacity)
)
