-- How a release's line works, what its draw mixes in, and what the room did.

-- `queue` and `desk_share` come from the release's file; the rest is said by operators. `messages`
-- is {language: text}; `beacon` is the public value that the draw of the lobby mixes in.
ALTER TABLE release
    ADD COLUMN queue text NOT NULL DEFAULT 'draw',
    ADD COLUMN desk_share double precision NOT NULL DEFAULT 0.2,
    ADD COLUMN messages jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN beacon text NOT NULL DEFAULT '',
    ADD COLUMN beacon_source text NOT NULL DEFAULT '',
    ADD CONSTRAINT release_queue_is_known CHECK (queue IN ('draw', 'fifo', 'none')),
    ADD CONSTRAINT release_desk_share_is_a_share CHECK (desk_share BETWEEN 0 AND 0.9);

-- What the waiting room did: a chain of its own, written later by the jobs.
CREATE TABLE room_record (
    record_id text PRIMARY KEY,
    record_seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    release_id text NOT NULL,
    recorded_at timestamptz NOT NULL,
    kind text NOT NULL,
    content jsonb NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT room_record_seq_is_unique UNIQUE (record_seq),
    CONSTRAINT room_record_chain_hash_is_32_bytes CHECK (octet_length(chain_hash) = 32)
);

GRANT SELECT, INSERT ON room_record TO seiriken_jobs;
