-- When somebody had a message that ended untold told once more; NULL: never. From then on it is tried
-- as long as a new one. created_at stays: it is the date in the mail, and how old a code is.
ALTER TABLE outbox ADD COLUMN put_back_at timestamptz;
GRANT UPDATE (put_back_at) ON outbox TO seiriken_staff;
