-- The seats of a slot as its file last had them: where the slot has fewer now, an order of the staff
-- took them away, and the next load does not bring them back unseen. Null: loaded before this.
ALTER TABLE slot ADD COLUMN dose1_planned integer;
ALTER TABLE slot ADD COLUMN dose2_planned integer;
GRANT UPDATE (dose1_planned, dose2_planned) ON slot TO seiriken_staff;
