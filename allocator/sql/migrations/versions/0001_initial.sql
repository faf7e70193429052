-- The first schema. Constraint names say the invariant they guard (ARCHITECTURE.md, I1 to I6).

DO $$
DECLARE
    group_role text;
BEGIN
    FOREACH group_role IN ARRAY ARRAY['seiriken_gateway', 'seiriken_allocator', 'seiriken_jobs'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = group_role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', group_role);
        END IF;
    END LOOP;
END
$$;

-- What is on offer. Written by the operators' commands, each of which raises catalogue.version.

CREATE TABLE catalogue (
    only_row boolean PRIMARY KEY DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    roster_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT catalogue_has_one_row CHECK (only_row)
);
INSERT INTO catalogue DEFAULT VALUES;

CREATE TABLE product (
    product_id text PRIMARY KEY,
    names jsonb NOT NULL,
    interval_days_standard integer NOT NULL,
    interval_days_min integer NOT NULL,
    interval_days_max integer NOT NULL,
    doses_per_vial integer NOT NULL,
    source text NOT NULL,
    CONSTRAINT product_interval_in_order
        CHECK (0 < interval_days_min AND interval_days_min <= interval_days_standard
               AND interval_days_standard <= interval_days_max),
    CONSTRAINT product_vial_holds_doses CHECK (doses_per_vial > 0)
);

CREATE TABLE venue (
    venue_id text PRIMARY KEY,
    names jsonb NOT NULL,
    addresses jsonb NOT NULL
);

CREATE TABLE release (
    release_id text PRIMARY KEY,
    campaign_id text NOT NULL,
    names jsonb NOT NULL,
    born_from date NOT NULL,
    born_to date NOT NULL,
    lobby_at timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    cut_off_hours integer NOT NULL,
    state_by_hand text NOT NULL DEFAULT 'none',
    message text NOT NULL DEFAULT '',
    CONSTRAINT release_cohort_in_order CHECK (born_from <= born_to),
    CONSTRAINT release_moments_in_order CHECK (lobby_at <= opens_at AND opens_at < closes_at),
    CONSTRAINT release_cut_off_is_not_negative CHECK (cut_off_hours >= 0),
    CONSTRAINT release_state_by_hand_is_known CHECK (state_by_hand IN ('none', 'paused', 'closed'))
);

CREATE TABLE slot (
    slot_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    release_id text NOT NULL REFERENCES release,
    venue_id text NOT NULL REFERENCES venue,
    product_id text NOT NULL REFERENCES product,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    day date GENERATED ALWAYS AS ((starts_at AT TIME ZONE 'Asia/Tokyo')::date) STORED,
    CONSTRAINT slot_ends_after_start CHECK (ends_at > starts_at),
    CONSTRAINT slot_is_unique UNIQUE (release_id, venue_id, product_id, starts_at),
    CONSTRAINT slot_product_day_is_referable UNIQUE (slot_id, product_id, day)
);

-- One row a (slot, dose): first and second doses never share a seat (L3).
CREATE TABLE seats (
    slot_id integer NOT NULL REFERENCES slot,
    dose smallint NOT NULL,
    capacity integer NOT NULL,
    taken integer NOT NULL DEFAULT 0,
    PRIMARY KEY (slot_id, dose),
    CONSTRAINT seats_dose_is_first_or_second CHECK (dose IN (1, 2)),
    CONSTRAINT seats_capacity_is_not_negative CHECK (capacity >= 0),
    CONSTRAINT seats_taken_within_capacity CHECK (taken BETWEEN 0 AND capacity)
) WITH (fillfactor = 70);

-- Who may sign in: nothing here can be read without the keys.
CREATE TABLE roster (
    person_key bytea PRIMARY KEY,
    birth_check bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT roster_person_key_is_16_bytes CHECK (octet_length(person_key) = 16),
    CONSTRAINT roster_birth_check_is_16_bytes CHECK (octet_length(birth_check) = 16)
);

-- Written by the allocator alone.

-- The lease: whoever raised the epoch last may commit, while seen_at is kept fresh.
CREATE TABLE writer (
    only_row boolean PRIMARY KEY DEFAULT true,
    epoch bigint NOT NULL DEFAULT 0,
    holder text NOT NULL DEFAULT '',
    seen_at timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT writer_has_one_row CHECK (only_row)
);
INSERT INTO writer DEFAULT VALUES;

-- One row a booking, both doses in it: half a pair cannot be written.
-- dose1_on is the day of dose 1, here or elsewhere (then dose1_slot_id is null).
CREATE TABLE booking (
    booking_id uuid PRIMARY KEY,
    booking_number text NOT NULL,
    person_key bytea NOT NULL,
    campaign_id text NOT NULL,
    release_id text NOT NULL,
    product_id text NOT NULL,
    dose1_slot_id integer,
    dose1_on date NOT NULL,
    dose2_slot_id integer,
    dose2_on date,
    interval_days_min integer NOT NULL,
    interval_days_max integer NOT NULL,
    state text NOT NULL,
    contact bytea NOT NULL,
    language text NOT NULL,
    booked_at timestamptz NOT NULL,
    CONSTRAINT booking_state_is_known CHECK (state IN ('booked', 'first_only', 'cancelled')),
    CONSTRAINT booking_has_both_doses_or_neither
        CHECK ((state = 'booked') = (dose2_slot_id IS NOT NULL)
               AND (dose2_slot_id IS NULL) = (dose2_on IS NULL)
               AND (state <> 'first_only' OR dose1_slot_id IS NOT NULL)
               AND (state <> 'cancelled' OR dose1_slot_id IS NULL)),
    CONSTRAINT booking_interval_is_met
        CHECK (dose2_on IS NULL
               OR (dose2_on - dose1_on >= interval_days_min
                   AND (dose2_on - dose1_on <= interval_days_max OR dose1_slot_id IS NULL))),
    CONSTRAINT booking_dose1_slot_has_product_and_day
        FOREIGN KEY (dose1_slot_id, product_id, dose1_on) REFERENCES slot (slot_id, product_id, day),
    CONSTRAINT booking_dose2_slot_has_product_and_day
        FOREIGN KEY (dose2_slot_id, product_id, dose2_on) REFERENCES slot (slot_id, product_id, day),
    CONSTRAINT booking_number_is_unique UNIQUE (booking_number)
);
CREATE UNIQUE INDEX booking_one_per_person_and_campaign
    ON booking (campaign_id, person_key) WHERE state <> 'cancelled';

-- Every decision in order. `entry` is canonical JSON without personal data;
-- chain_hash = SHA-256(chain_hash of the entry before ‖ entry).
CREATE TABLE journal (
    journal_seq bigint PRIMARY KEY,
    epoch bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    entry text NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT journal_chain_hash_is_32_bytes CHECK (octet_length(chain_hash) = 32)
);

-- The answer each request got, for as long as it is kept (I5).
CREATE TABLE outcome (
    request_id uuid PRIMARY KEY,
    content_digest bytea NOT NULL,
    person_key bytea NOT NULL,
    journal_seq bigint NOT NULL,
    answer bytea NOT NULL,
    CONSTRAINT outcome_content_digest_is_16_bytes CHECK (octet_length(content_digest) = 16)
);

-- What must be told to residents; written in the deciding transaction, emptied by Celery.
CREATE TABLE outbox (
    outbox_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    booking_id uuid NOT NULL,
    journal_seq bigint NOT NULL,
    created_at timestamptz NOT NULL,
    relayed_at timestamptz,
    done_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    result text,
    CONSTRAINT outbox_kind_is_known CHECK (kind IN ('booked', 'changed', 'cancelled')),
    CONSTRAINT outbox_attempts_are_not_negative CHECK (attempts >= 0)
);
CREATE INDEX outbox_due ON outbox (outbox_id) WHERE done_at IS NULL;

-- The gateway may read what it shows, and nothing else.
GRANT SELECT ON outcome, booking TO seiriken_gateway;

GRANT SELECT ON catalogue, product, venue, release, slot, roster TO seiriken_allocator;
GRANT SELECT, UPDATE (taken) ON seats TO seiriken_allocator;
GRANT SELECT, UPDATE ON writer TO seiriken_allocator;
GRANT SELECT, INSERT, UPDATE ON booking TO seiriken_allocator;
GRANT SELECT, INSERT ON journal, outcome TO seiriken_allocator;
GRANT SELECT, INSERT ON outbox TO seiriken_allocator;

GRANT SELECT ON catalogue, product, venue, release, slot, seats, booking TO seiriken_jobs;
GRANT SELECT, UPDATE (relayed_at, done_at, attempts, result) ON outbox TO seiriken_jobs;
