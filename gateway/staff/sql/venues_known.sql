SELECT venue_id FROM venue;
