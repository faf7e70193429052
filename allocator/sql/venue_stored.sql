INSERT INTO venue (venue_id, names, addresses)
VALUES (%(venue_id)s, %(names)s, %(addresses)s)
ON CONFLICT (venue_id) DO UPDATE SET names = excluded.names, addresses = excluded.addresses
