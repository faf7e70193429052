CREATE TEMPORARY TABLE arriving_slot (
    venue_id text NOT NULL,
    product_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    dose1_capacity integer NOT NULL,
    dose2_capacity integer NOT NULL,
    PRIMARY KEY (venue_id, product_id, starts_at)
) ON COMMIT DROP
