SELECT venue_id, names, addresses
FROM venue
