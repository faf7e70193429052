-- Without a lock: does this epoch still lead?
SELECT 1 AS leads FROM writer WHERE epoch = %(epoch)s
