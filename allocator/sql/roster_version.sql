UPDATE catalogue SET roster_version = roster_version + %(changed)s::boolean::integer
RETURNING roster_version
