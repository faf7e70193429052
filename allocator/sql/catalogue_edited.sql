-- The allocator's own edits of what is on offer.
UPDATE catalogue SET version = version + %(edits)s
