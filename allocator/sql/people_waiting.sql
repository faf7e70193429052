-- How many people wait on the standby list of a release, without an offer.
SELECT count(*) AS people
FROM booking
WHERE release_id = %(release_id)s AND state = 'standby'
