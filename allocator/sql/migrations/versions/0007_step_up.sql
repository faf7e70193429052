-- Mails for safety's sake: a code that was asked for (its challenge, from which nobody learns the
-- code without the key), and word that somebody has tried to sign in with a person's ticket.
ALTER TABLE outbox
    ADD COLUMN challenge uuid,
    DROP CONSTRAINT outbox_kind_is_known,
    ADD CONSTRAINT outbox_kind_is_known
        CHECK (kind IN ('booked', 'changed', 'cancelled', 'joined', 'offered', 'offer_over',
                        'moved', 'listed', 'reminder_week', 'reminder_day', 'code', 'attempts')),
    DROP CONSTRAINT outbox_reminder_is_of_a_dose,
    ADD CONSTRAINT outbox_reminder_is_of_a_dose
        CHECK ((queue = 'reminders') = (dose IS NOT NULL)
               AND (queue = 'reminders') = (slot_id IS NOT NULL)),
    ADD CONSTRAINT outbox_news_are_of_the_journal
        CHECK ((kind IN ('reminder_week', 'reminder_day', 'code', 'attempts'))
               = (journal_seq IS NULL)),
    ADD CONSTRAINT outbox_code_has_a_challenge CHECK ((kind = 'code') = (challenge IS NOT NULL));

-- A challenge is mailed once, however often it is read from Redis.
CREATE UNIQUE INDEX outbox_one_code ON outbox (challenge) WHERE kind = 'code';

-- Never two warnings on one day at the site. News pay nothing for this index.
CREATE UNIQUE INDEX outbox_one_warning
    ON outbox (booking_id, ((created_at AT TIME ZONE 'Asia/Tokyo')::date))
    WHERE kind = 'attempts';

GRANT INSERT (challenge) ON outbox TO seiriken_jobs;
