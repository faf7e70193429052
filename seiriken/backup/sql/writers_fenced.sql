-- No writer of before may commit into what was restored: its epoch is far below this one.
UPDATE writer
SET epoch = epoch + %(step)s, holder = '', seen_at = '-infinity'
RETURNING epoch
