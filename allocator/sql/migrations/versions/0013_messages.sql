-- Codes have a queue of their own: they do not wait behind confirmations.
ALTER TABLE outbox DROP CONSTRAINT outbox_queue_is_of_its_kind;

UPDATE outbox SET queue = 'codes' WHERE kind = 'code';

ALTER TABLE outbox ADD CONSTRAINT outbox_queue_is_of_its_kind
    CHECK (queue = CASE WHEN kind IN ('reminder_week', 'reminder_day') THEN 'reminders'
                        WHEN kind = 'code' THEN 'codes'
                        ELSE 'notices' END);

-- What ended untold: counted each second, and listed on a page of the staff, who may have it told
-- once more. Nothing else of it is theirs.
CREATE INDEX outbox_untold ON outbox (done_at) WHERE result IN ('refused', 'given_up');
GRANT SELECT (outbox_id, kind, booking_id, created_at, relayed_at, done_at, attempts, result)
    ON outbox TO seiriken_staff;
GRANT UPDATE (relayed_at, done_at, attempts, result) ON outbox TO seiriken_staff;
