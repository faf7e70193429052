-- Held to the end of the transaction: a proposal is carried out by one at a time. Both numbers name it.
SELECT pg_advisory_xact_lock('release_proposal'::regclass::oid::integer, %(proposal_id)s::integer)
