-- What pretix holds: one line a position of an order that stands.
SELECT pretixbase_order.code AS reference, pretixbase_subevent.date_from AS starts_at
FROM pretixbase_orderposition
INNER JOIN pretixbase_order ON pretixbase_order.id = pretixbase_orderposition.order_id
INNER JOIN pretixbase_subevent ON pretixbase_subevent.id = pretixbase_orderposition.subevent_id
WHERE pretixbase_order.status IN ('n', 'p') AND NOT pretixbase_orderposition.canceled
