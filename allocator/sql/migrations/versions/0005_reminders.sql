-- Reminders, and what a calendar must know of a booking that moved.

-- `revision` counts how often its doses were moved, and `arranged_at` is when they last were (null:
-- they are as they were booked). Both are written by the statement that moves them.
ALTER TABLE booking
    ADD COLUMN reminders boolean NOT NULL DEFAULT true,
    ADD COLUMN revision integer NOT NULL DEFAULT 0,
    ADD COLUMN arranged_at timestamptz,
    ADD CONSTRAINT booking_revision_is_not_negative CHECK (revision >= 0);

-- A reminder is of a dose in a slot; no decision made it, so that it has no entry of the journal.
ALTER TABLE outbox
    ADD COLUMN queue text NOT NULL DEFAULT 'notices',
    ADD COLUMN dose smallint,
    ADD COLUMN slot_id integer,
    ALTER COLUMN journal_seq DROP NOT NULL,
    DROP CONSTRAINT outbox_kind_is_known,
    ADD CONSTRAINT outbox_kind_is_known
        CHECK (kind IN ('booked', 'changed', 'cancelled', 'joined', 'offered', 'offer_over',
                        'moved', 'listed', 'reminder_week', 'reminder_day')),
    ADD CONSTRAINT outbox_queue_is_of_its_kind
        CHECK (queue = CASE WHEN kind IN ('reminder_week', 'reminder_day') THEN 'reminders'
                            ELSE 'notices' END),
    ADD CONSTRAINT outbox_reminder_is_of_a_dose
        CHECK ((queue = 'reminders') = (dose IS NOT NULL)
               AND (queue = 'reminders') = (slot_id IS NOT NULL)
               AND (queue = 'reminders') = (journal_seq IS NULL)),
    ADD CONSTRAINT outbox_dose_is_first_or_second CHECK (dose IN (1, 2));

-- What waits, in order, for each queue by itself: news are found behind any number of reminders.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (queue, outbox_id) WHERE done_at IS NULL;

-- Never two reminders of one kind for a dose in a slot. News pay nothing for this index.
CREATE UNIQUE INDEX outbox_one_reminder ON outbox (booking_id, dose, slot_id, kind)
    WHERE queue = 'reminders';

GRANT INSERT (kind, booking_id, created_at, queue, dose, slot_id) ON outbox TO seiriken_jobs;
