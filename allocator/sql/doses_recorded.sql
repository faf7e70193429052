INSERT INTO dose_record (
    booking_id, dose, mark, slot_id, product_id, lot, given_on, marked_by, reason,
    journal_seq, marked_at
)
SELECT marked.*, %(decided_at)s
FROM unnest(
    %(booking_id)s::uuid[], %(dose)s::smallint[], %(mark)s::text[], %(slot_id)s::integer[],
    %(product_id)s::text[], %(lot)s::text[], %(given_on)s::date[], %(marked_by)s::text[],
    %(reason)s::text[], %(journal_seq)s::bigint[]
) AS marked
ON CONFLICT (booking_id, dose) DO UPDATE SET
    mark = excluded.mark, slot_id = excluded.slot_id, product_id = excluded.product_id,
    lot = excluded.lot, given_on = excluded.given_on, marked_by = excluded.marked_by,
    reason = excluded.reason, journal_seq = excluded.journal_seq, marked_at = excluded.marked_at
