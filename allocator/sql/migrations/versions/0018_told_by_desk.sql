-- The last word about a booking that no message could bring (gateway/staff/sql/people_untold.sql).
-- Few messages are in it: those of callers without an address, and those that the desk told.
CREATE INDEX outbox_by_desk ON outbox (booking_id, outbox_id DESC)
WHERE result IN ('no_address', 'told_by_desk');
