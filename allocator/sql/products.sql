SELECT
    product_id, names, interval_days_standard, interval_days_min, interval_days_max,
    doses_per_vial, source
FROM product
