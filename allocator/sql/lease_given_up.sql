UPDATE writer
SET seen_at = '-infinity'
WHERE epoch = %(epoch)s
