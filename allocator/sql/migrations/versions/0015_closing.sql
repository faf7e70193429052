-- A closed day is told of in a letter of its own, with the words that the city typed.
ALTER TABLE outbox ADD COLUMN words text;

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_is_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_is_known
    CHECK (kind IN ('booked', 'changed', 'cancelled', 'joined', 'offered', 'offer_over', 'moved',
                    'listed', 'reminder_week', 'reminder_day', 'code', 'attempts',
                    'closed_moved', 'closed_listed'));

ALTER TABLE outbox ADD CONSTRAINT outbox_words_are_of_a_closed_day
    CHECK ((kind IN ('closed_moved', 'closed_listed')) = (words IS NOT NULL));
ALTER TABLE outbox ADD CONSTRAINT outbox_words_are_bounded
    CHECK (char_length(words) BETWEEN 1 AND 300);
