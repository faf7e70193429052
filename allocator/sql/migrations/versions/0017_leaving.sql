-- Who moved out is told so in a letter of its own.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_is_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_is_known
    CHECK (kind IN ('booked', 'changed', 'cancelled', 'joined', 'offered', 'offer_over', 'moved',
                    'listed', 'reminder_week', 'reminder_day', 'code', 'attempts',
                    'closed_moved', 'closed_listed', 'left_city'));

-- Two who booked together, and whom the city could not place together, are told so in their letters.
ALTER TABLE outbox ADD COLUMN parted boolean NOT NULL DEFAULT FALSE;
ALTER TABLE outbox ADD CONSTRAINT outbox_parted_are_displaced
    CHECK (NOT parted OR kind IN ('moved', 'listed', 'closed_moved', 'closed_listed'));

-- Nobody writes to the dead: who sends a message looks whether its reader left, and why.
GRANT SELECT (person_key, left_why) ON roster TO seiriken_jobs;
