INSERT INTO outbox (kind, booking_id, journal_seq, words, parted, created_at)
SELECT told.kind, told.booking_id, told.journal_seq, told.words, told.parted, %(decided_at)s
FROM unnest(
    %(kind)s::text[],
    %(booking_id)s::uuid[],
    %(journal_seq)s::bigint[],
    %(words)s::text[],
    %(parted)s::boolean[]
) AS told (kind, booking_id, journal_seq, words, parted)
