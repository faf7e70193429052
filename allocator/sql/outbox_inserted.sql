INSERT INTO outbox (kind, booking_id, journal_seq, words, created_at)
SELECT told.kind, told.booking_id, told.journal_seq, told.words, %(decided_at)s
FROM unnest(%(kind)s::text[], %(booking_id)s::uuid[], %(journal_seq)s::bigint[], %(words)s::text[])
    AS told (kind, booking_id, journal_seq, words)
