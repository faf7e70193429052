INSERT INTO product (
    product_id, names, interval_days_standard, interval_days_min, interval_days_max,
    doses_per_vial, source
)
VALUES (
    %(product_id)s, %(names)s, %(interval_days_standard)s, %(interval_days_min)s,
    %(interval_days_max)s, %(doses_per_vial)s, %(source)s
)
ON CONFLICT (product_id) DO UPDATE SET
    names = excluded.names,
    interval_days_standard = excluded.interval_days_standard,
    interval_days_min = excluded.interval_days_min,
    interval_days_max = excluded.interval_days_max,
    doses_per_vial = excluded.doses_per_vial,
    source = excluded.source
