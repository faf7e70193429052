-- What a release file says that its plan must stay within (allocator/limits.py).
ALTER TABLE release ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';
