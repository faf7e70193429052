-- Commands that change keys take turns; whoever only reads is not kept.
LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE
