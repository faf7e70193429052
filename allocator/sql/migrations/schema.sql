-- What the migrations make; written by tests/integration/test_migrate.py.
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.booking (
    booking_id uuid NOT NULL,
    booking_number text NOT NULL,
    person_key bytea NOT NULL,
    campaign_id text NOT NULL,
    release_id text NOT NULL,
    product_id text NOT NULL,
    dose1_slot_id integer,
    dose1_on date,
    dose2_slot_id integer,
    dose2_on date,
    interval_days_min integer NOT NULL,
    interval_days_max integer NOT NULL,
    state text NOT NULL,
    contact bytea NOT NULL,
    language text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    dose1_given boolean DEFAULT false NOT NULL,
    dose2_given boolean DEFAULT false NOT NULL,
    standby jsonb,
    reminders boolean DEFAULT true NOT NULL,
    revision integer DEFAULT 0 NOT NULL,
    arranged_at timestamp with time zone,
    CONSTRAINT booking_given_doses_are_held CHECK ((((NOT dose1_given) OR (dose1_slot_id IS NOT NULL)) AND ((NOT dose2_given) OR ((state = 'booked'::text) AND (dose1_given OR (dose1_slot_id IS NULL)))))),
    CONSTRAINT booking_has_both_doses_or_neither CHECK ((((state = ANY (ARRAY['booked'::text, 'offered'::text])) = (dose2_slot_id IS NOT NULL)) AND ((dose2_slot_id IS NULL) = (dose2_on IS NULL)) AND ((state <> ALL (ARRAY['booked'::text, 'first_only'::text, 'offered'::text])) OR (dose1_on IS NOT NULL)) AND ((state <> 'first_only'::text) OR (dose1_slot_id IS NOT NULL)) AND ((state <> 'standby'::text) OR (dose1_slot_id IS NULL) OR dose1_given) AND ((state <> 'cancelled'::text) OR (dose1_slot_id IS NULL)))),
    CONSTRAINT booking_interval_is_met CHECK (((dose2_on IS NULL) OR (((dose2_on - dose1_on) >= interval_days_min) AND (((dose2_on - dose1_on) <= interval_days_max) OR (dose1_slot_id IS NULL) OR dose1_given)))),
    CONSTRAINT booking_revision_is_not_negative CHECK ((revision >= 0)),
    CONSTRAINT booking_standby_has_a_place CHECK (((state = ANY (ARRAY['standby'::text, 'offered'::text])) = (standby IS NOT NULL))),
    CONSTRAINT booking_state_is_known CHECK ((state = ANY (ARRAY['booked'::text, 'first_only'::text, 'standby'::text, 'offered'::text, 'cancelled'::text])))
);
CREATE TABLE public.catalogue (
    only_row boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    roster_version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT catalogue_has_one_row CHECK (only_row)
);
CREATE TABLE public.data_key (
    key_id bytea NOT NULL,
    key_seq bigint NOT NULL,
    master_id bytea NOT NULL,
    wrapped bytea NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    wrapped_at timestamp with time zone DEFAULT now() NOT NULL,
    resealed_at timestamp with time zone,
    CONSTRAINT data_key_id_is_8_bytes CHECK ((octet_length(key_id) = 8)),
    CONSTRAINT data_key_is_wrapped CHECK ((octet_length(wrapped) = 60)),
    CONSTRAINT data_key_master_id_is_8_bytes CHECK ((octet_length(master_id) = 8))
);
ALTER TABLE public.data_key ALTER COLUMN key_seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.data_key_key_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dose_record (
    booking_id uuid NOT NULL,
    dose smallint NOT NULL,
    mark text NOT NULL,
    slot_id integer NOT NULL,
    product_id text NOT NULL,
    lot text NOT NULL,
    given_on date,
    marked_by text NOT NULL,
    reason text NOT NULL,
    journal_seq bigint NOT NULL,
    marked_at timestamp with time zone NOT NULL,
    CONSTRAINT dose_record_dose_is_first_or_second CHECK ((dose = ANY (ARRAY[1, 2]))),
    CONSTRAINT dose_record_given_has_a_day CHECK (((mark = 'given'::text) = (given_on IS NOT NULL))),
    CONSTRAINT dose_record_lot_is_short CHECK ((length(lot) <= 20)),
    CONSTRAINT dose_record_mark_is_known CHECK ((mark = ANY (ARRAY['given'::text, 'not_come'::text, 'undone'::text]))),
    CONSTRAINT dose_record_reason_is_short CHECK ((length(reason) <= 40))
);
CREATE TABLE public.journal (
    journal_seq bigint NOT NULL,
    epoch bigint NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    entry text NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT journal_chain_hash_is_32_bytes CHECK ((octet_length(chain_hash) = 32))
);
CREATE TABLE public.outbox (
    outbox_id bigint NOT NULL,
    kind text NOT NULL,
    booking_id uuid NOT NULL,
    journal_seq bigint,
    created_at timestamp with time zone NOT NULL,
    relayed_at timestamp with time zone,
    done_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    result text,
    queue text DEFAULT 'notices'::text NOT NULL,
    dose smallint,
    slot_id integer,
    challenge uuid,
    words text,
    parted boolean DEFAULT false NOT NULL,
    put_back_at timestamp with time zone,
    CONSTRAINT outbox_attempts_are_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT outbox_code_has_a_challenge CHECK (((kind = 'code'::text) = (challenge IS NOT NULL))),
    CONSTRAINT outbox_dose_is_first_or_second CHECK ((dose = ANY (ARRAY[1, 2]))),
    CONSTRAINT outbox_kind_is_known CHECK ((kind = ANY (ARRAY['booked'::text, 'changed'::text, 'cancelled'::text, 'joined'::text, 'offered'::text, 'offer_over'::text, 'moved'::text, 'listed'::text, 'reminder_week'::text, 'reminder_day'::text, 'code'::text, 'attempts'::text, 'closed_moved'::text, 'closed_listed'::text, 'left_city'::text]))),
    CONSTRAINT outbox_news_are_of_the_journal CHECK (((kind = ANY (ARRAY['reminder_week'::text, 'reminder_day'::text, 'code'::text, 'attempts'::text])) = (journal_seq IS NULL))),
    CONSTRAINT outbox_parted_are_displaced CHECK (((NOT parted) OR (kind = ANY (ARRAY['moved'::text, 'listed'::text, 'closed_moved'::text, 'closed_listed'::text])))),
    CONSTRAINT outbox_queue_is_of_its_kind CHECK ((queue =
CASE
    WHEN (kind = ANY (ARRAY['reminder_week'::text, 'reminder_day'::text])) THEN 'reminders'::text
    WHEN (kind = 'code'::text) THEN 'codes'::text
    ELSE 'notices'::text
END)),
    CONSTRAINT outbox_reminder_is_of_a_dose CHECK ((((queue = 'reminders'::text) = (dose IS NOT NULL)) AND ((queue = 'reminders'::text) = (slot_id IS NOT NULL)))),
    CONSTRAINT outbox_words_are_bounded CHECK (((char_length(words) >= 1) AND (char_length(words) <= 300))),
    CONSTRAINT outbox_words_are_of_a_closed_day CHECK (((kind = ANY (ARRAY['closed_moved'::text, 'closed_listed'::text])) = (words IS NOT NULL)))
);
ALTER TABLE public.outbox ALTER COLUMN outbox_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.outcome (
    request_id uuid NOT NULL,
    content_digest bytea NOT NULL,
    person_key bytea NOT NULL,
    journal_seq bigint NOT NULL,
    answer bytea NOT NULL,
    CONSTRAINT outcome_content_digest_is_16_bytes CHECK ((octet_length(content_digest) = 16))
);
CREATE TABLE public.plan_edit (
    edit_id bigint NOT NULL,
    plan_id text NOT NULL,
    follows bigint,
    content text NOT NULL,
    reason text NOT NULL,
    edited_by text NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    CONSTRAINT plan_edit_content_is_at_most_1_mib CHECK ((octet_length(content) <= 1048576))
);
ALTER TABLE public.plan_edit ALTER COLUMN edit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.plan_edit_edit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.product (
    product_id text NOT NULL,
    names jsonb NOT NULL,
    interval_days_standard integer NOT NULL,
    interval_days_min integer NOT NULL,
    interval_days_max integer NOT NULL,
    doses_per_vial integer NOT NULL,
    source text NOT NULL,
    CONSTRAINT product_interval_in_order CHECK (((0 < interval_days_min) AND (interval_days_min <= interval_days_standard) AND (interval_days_standard <= interval_days_max))),
    CONSTRAINT product_vial_holds_doses CHECK ((doses_per_vial > 0))
);
CREATE TABLE public.release (
    release_id text NOT NULL,
    campaign_id text NOT NULL,
    names jsonb NOT NULL,
    born_from date NOT NULL,
    born_to date NOT NULL,
    lobby_at timestamp with time zone NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    cut_off_hours integer NOT NULL,
    state_by_hand text DEFAULT 'none'::text NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    queue text DEFAULT 'draw'::text NOT NULL,
    desk_share double precision DEFAULT 0.2 NOT NULL,
    messages jsonb DEFAULT '{}'::jsonb NOT NULL,
    beacon text DEFAULT ''::text NOT NULL,
    beacon_source text DEFAULT ''::text NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT release_cohort_in_order CHECK ((born_from <= born_to)),
    CONSTRAINT release_cut_off_is_not_negative CHECK ((cut_off_hours >= 0)),
    CONSTRAINT release_desk_share_is_a_share CHECK (((desk_share >= (0)::double precision) AND (desk_share <= (0.9)::double precision))),
    CONSTRAINT release_moments_in_order CHECK (((lobby_at <= opens_at) AND (opens_at < closes_at))),
    CONSTRAINT release_queue_is_known CHECK ((queue = ANY (ARRAY['draw'::text, 'fifo'::text, 'none'::text]))),
    CONSTRAINT release_state_by_hand_is_known CHECK ((state_by_hand = ANY (ARRAY['none'::text, 'paused'::text, 'closed'::text])))
);
CREATE TABLE public.release_act (
    act_id bigint NOT NULL,
    release_id text NOT NULL,
    act text NOT NULL,
    reason text NOT NULL,
    done_by text,
    proposal_id bigint,
    result text NOT NULL,
    done_at timestamp with time zone NOT NULL,
    CONSTRAINT release_act_result_is_known CHECK ((result = ANY (ARRAY['done'::text, 'refused'::text])))
);
ALTER TABLE public.release_act ALTER COLUMN act_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.release_act_act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.release_decision (
    proposal_id bigint NOT NULL,
    proposed_by text NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    reason text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT release_decision_is_by_two CHECK (((decision = 'rejected'::text) OR (decided_by <> proposed_by))),
    CONSTRAINT release_decision_is_known CHECK ((decision = ANY (ARRAY['approved'::text, 'rejected'::text])))
);
CREATE TABLE public.release_proposal (
    proposal_id bigint NOT NULL,
    release_id text NOT NULL,
    act text NOT NULL,
    content text NOT NULL,
    message text NOT NULL,
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    CONSTRAINT release_proposal_act_is_known CHECK ((act = ANY (ARRAY['load'::text, 'open'::text, 'pause'::text, 'resume'::text, 'close'::text]))),
    CONSTRAINT release_proposal_content_is_at_most_1_mib CHECK ((octet_length(content) <= 1048576)),
    CONSTRAINT release_proposal_has_a_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);
ALTER TABLE public.release_proposal ALTER COLUMN proposal_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.release_proposal_proposal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.room_record (
    record_id text NOT NULL,
    record_seq bigint NOT NULL,
    release_id text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    content jsonb NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT room_record_chain_hash_is_32_bytes CHECK ((octet_length(chain_hash) = 32))
);
ALTER TABLE public.room_record ALTER COLUMN record_seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.room_record_record_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.roster (
    person_key bytea NOT NULL,
    birth_check bytea NOT NULL,
    sealed bytea NOT NULL,
    pin_check bytea,
    left_why text,
    reissued_as bytea,
    CONSTRAINT roster_birth_check_is_16_bytes CHECK ((octet_length(birth_check) = 16)),
    CONSTRAINT roster_left_why_is_known CHECK ((left_why = ANY (ARRAY['moved_out'::text, 'died'::text, 'reissued'::text]))),
    CONSTRAINT roster_person_key_is_16_bytes CHECK ((octet_length(person_key) = 16)),
    CONSTRAINT roster_pin_check_is_16_bytes CHECK ((octet_length(pin_check) = 16)),
    CONSTRAINT roster_reissued_is_as_another CHECK (((NOT (left_why IS DISTINCT FROM 'reissued'::text)) = (reissued_as IS NOT NULL)))
);
CREATE TABLE public.seats (
    slot_id integer NOT NULL,
    dose smallint NOT NULL,
    capacity integer NOT NULL,
    taken integer DEFAULT 0 NOT NULL,
    CONSTRAINT seats_capacity_is_not_negative CHECK ((capacity >= 0)),
    CONSTRAINT seats_dose_is_first_or_second CHECK ((dose = ANY (ARRAY[1, 2]))),
    CONSTRAINT seats_taken_within_capacity CHECK (((taken >= 0) AND (taken <= capacity)))
)
WITH (fillfactor='70');
CREATE TABLE public.slot (
    slot_id integer NOT NULL,
    release_id text NOT NULL,
    venue_id text NOT NULL,
    product_id text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    day date GENERATED ALWAYS AS (((starts_at AT TIME ZONE 'Asia/Tokyo'::text))::date) STORED,
    dose1_planned integer,
    dose2_planned integer,
    CONSTRAINT slot_ends_after_start CHECK ((ends_at > starts_at))
);
ALTER TABLE public.slot ALTER COLUMN slot_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.slot_slot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.staff_account (
    account_id bigint NOT NULL,
    login text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    totp_secret bytea,
    totp_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    venues text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT staff_account_login_is_plain CHECK ((login ~ '^[a-z][a-z0-9._-]{1,31}$'::text)),
    CONSTRAINT staff_account_role_is_known CHECK ((role = ANY (ARRAY['clerk'::text, 'supervisor'::text, 'operator'::text, 'auditor'::text, 'venue'::text]))),
    CONSTRAINT staff_account_venue_has_venues CHECK (((role = 'venue'::text) = (cardinality(venues) > 0)))
);
ALTER TABLE public.staff_account ALTER COLUMN account_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_account_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.staff_attempts (
    bucket bytea NOT NULL,
    attempts integer NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT staff_attempts_are_not_negative CHECK ((attempts >= 0))
);
CREATE TABLE public.staff_look (
    look_id bigint NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    login text NOT NULL,
    role text NOT NULL,
    act text NOT NULL,
    person_key bytea,
    reason text NOT NULL,
    came_from text NOT NULL,
    CONSTRAINT staff_look_person_key_is_16_bytes CHECK ((octet_length(person_key) = 16))
);
ALTER TABLE public.staff_look ALTER COLUMN look_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_look_look_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.staff_session (
    token_digest bytea NOT NULL,
    account_id bigint NOT NULL,
    enrolling_secret bytea,
    began_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT staff_session_token_digest_is_32_bytes CHECK ((octet_length(token_digest) = 32))
);
CREATE VIEW public.to_be_told AS
 WITH word AS (
         SELECT outbox.outbox_id,
            outbox.kind,
            outbox.booking_id,
            outbox.created_at,
            outbox.result
           FROM public.outbox
          WHERE (outbox.result = ANY (ARRAY['no_address'::text, 'told_by_desk'::text]))
        UNION ALL
         SELECT outbox.outbox_id,
            outbox.kind,
            outbox.booking_id,
            outbox.created_at,
            outbox.result
           FROM public.outbox
          WHERE (outbox.result = ANY (ARRAY['refused'::text, 'given_up'::text]))
        UNION ALL
         SELECT outbox.outbox_id,
            outbox.kind,
            outbox.booking_id,
            outbox.created_at,
            outbox.result
           FROM public.outbox
          WHERE ((outbox.queue = 'notices'::text) AND (outbox.done_at IS NULL) AND (COALESCE(outbox.put_back_at, outbox.created_at) < (clock_timestamp() - '01:00:00'::interval)) AND (COALESCE(outbox.result, ''::text) <> ALL (ARRAY['waiting'::text, 'turn'::text])))
        ), last_word AS (
         SELECT DISTINCT ON (word.booking_id) word.outbox_id,
            word.kind,
            word.booking_id,
            word.created_at,
            word.result
           FROM word
          WHERE (word.kind <> ALL (ARRAY['reminder_week'::text, 'reminder_day'::text, 'code'::text, 'attempts'::text]))
          ORDER BY word.booking_id, word.outbox_id DESC
        )
 SELECT last_word.outbox_id,
    last_word.kind,
    last_word.created_at,
    booking.booking_id,
    booking.campaign_id
   FROM ((last_word
     JOIN public.booking USING (booking_id))
     LEFT JOIN public.roster USING (person_key))
  WHERE ((last_word.result IS DISTINCT FROM 'told_by_desk'::text) AND (booking.contact <> '\x'::bytea) AND (roster.left_why IS DISTINCT FROM 'died'::text) AND ((last_word.result = 'no_address'::text) OR ((COALESCE(booking.arranged_at, booking.booked_at) <= last_word.created_at) AND (booking.state = ANY (
        CASE
            WHEN (last_word.kind = ANY (ARRAY['moved'::text, 'closed_moved'::text])) THEN ARRAY['booked'::text, 'first_only'::text]
            WHEN (last_word.kind = ANY (ARRAY['listed'::text, 'closed_listed'::text])) THEN ARRAY['standby'::text]
            WHEN (last_word.kind = 'offered'::text) THEN ARRAY['offered'::text]
            WHEN (last_word.kind = 'offer_over'::text) THEN ARRAY['standby'::text, 'cancelled'::text]
            ELSE ARRAY['first_only'::text, 'cancelled'::text]
        END)))) AND ((last_word.kind = ANY (ARRAY['moved'::text, 'listed'::text, 'closed_moved'::text, 'closed_listed'::text, 'offered'::text, 'offer_over'::text, 'left_city'::text])) OR ((last_word.kind = 'cancelled'::text) AND ((roster.left_why = 'reissued'::text) OR ((booking.state = 'first_only'::text) AND (NOT booking.dose1_given) AND (booking.dose1_on <= ((last_word.created_at AT TIME ZONE 'Asia/Tokyo'::text))::date)) OR (EXISTS ( SELECT
           FROM public.dose_record record
          WHERE ((record.booking_id = booking.booking_id) AND (record.mark = 'not_come'::text) AND (record.marked_at = last_word.created_at))))))));
CREATE TABLE public.venue (
    venue_id text NOT NULL,
    names jsonb NOT NULL,
    addresses jsonb NOT NULL
);
CREATE TABLE public.writer (
    only_row boolean DEFAULT true NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    holder text DEFAULT ''::text NOT NULL,
    seen_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT writer_has_one_row CHECK (only_row)
);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_number_is_unique UNIQUE (booking_number);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_pkey PRIMARY KEY (booking_id);
ALTER TABLE ONLY public.catalogue
    ADD CONSTRAINT catalogue_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.data_key
    ADD CONSTRAINT data_key_pkey PRIMARY KEY (key_id);
ALTER TABLE ONLY public.data_key
    ADD CONSTRAINT data_key_seq_is_unique UNIQUE (key_seq);
ALTER TABLE ONLY public.dose_record
    ADD CONSTRAINT dose_record_pkey PRIMARY KEY (booking_id, dose);
ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (journal_seq);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id);
ALTER TABLE ONLY public.outcome
    ADD CONSTRAINT outcome_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_is_of_its_plan UNIQUE (plan_id, edit_id);
ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_pkey PRIMARY KEY (edit_id);
ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (product_id);
ALTER TABLE ONLY public.release_act
    ADD CONSTRAINT release_act_pkey PRIMARY KEY (act_id);
ALTER TABLE ONLY public.release_decision
    ADD CONSTRAINT release_decision_pkey PRIMARY KEY (proposal_id);
ALTER TABLE ONLY public.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (release_id);
ALTER TABLE ONLY public.release_proposal
    ADD CONSTRAINT release_proposal_is_by_one UNIQUE (proposal_id, proposed_by);
ALTER TABLE ONLY public.release_proposal
    ADD CONSTRAINT release_proposal_pkey PRIMARY KEY (proposal_id);
ALTER TABLE ONLY public.room_record
    ADD CONSTRAINT room_record_pkey PRIMARY KEY (record_id);
ALTER TABLE ONLY public.room_record
    ADD CONSTRAINT room_record_seq_is_unique UNIQUE (record_seq);
ALTER TABLE ONLY public.roster
    ADD CONSTRAINT roster_pkey PRIMARY KEY (person_key);
ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_pkey PRIMARY KEY (slot_id, dose);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_is_unique UNIQUE (release_id, venue_id, product_id, starts_at);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (slot_id);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_product_day_is_referable UNIQUE (slot_id, product_id, day);
ALTER TABLE ONLY public.staff_account
    ADD CONSTRAINT staff_account_login_is_unique UNIQUE (login);
ALTER TABLE ONLY public.staff_account
    ADD CONSTRAINT staff_account_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.staff_attempts
    ADD CONSTRAINT staff_attempts_pkey PRIMARY KEY (bucket);
ALTER TABLE ONLY public.staff_look
    ADD CONSTRAINT staff_look_pkey PRIMARY KEY (look_id);
ALTER TABLE ONLY public.staff_session
    ADD CONSTRAINT staff_session_pkey PRIMARY KEY (token_digest);
ALTER TABLE ONLY public.venue
    ADD CONSTRAINT venue_pkey PRIMARY KEY (venue_id);
ALTER TABLE ONLY public.writer
    ADD CONSTRAINT writer_pkey PRIMARY KEY (only_row);
CREATE INDEX booking_on_standby ON public.booking USING btree (release_id) WHERE (state = ANY (ARRAY['standby'::text, 'offered'::text]));
CREATE UNIQUE INDEX booking_one_per_person_and_campaign ON public.booking USING btree (campaign_id, person_key) WHERE (state <> 'cancelled'::text);
CREATE INDEX dose_record_by_day ON public.dose_record USING btree (given_on);
CREATE INDEX dose_record_by_slot ON public.dose_record USING btree (slot_id);
CREATE INDEX outbox_by_desk ON public.outbox USING btree (booking_id, outbox_id DESC) WHERE (result = ANY (ARRAY['no_address'::text, 'told_by_desk'::text]));
CREATE INDEX outbox_due ON public.outbox USING btree (queue, outbox_id) WHERE (done_at IS NULL);
CREATE UNIQUE INDEX outbox_one_code ON public.outbox USING btree (challenge) WHERE (kind = 'code'::text);
CREATE UNIQUE INDEX outbox_one_reminder ON public.outbox USING btree (booking_id, dose, slot_id, kind) WHERE (queue = 'reminders'::text);
CREATE UNIQUE INDEX outbox_one_warning ON public.outbox USING btree (booking_id, (((created_at AT TIME ZONE 'Asia/Tokyo'::text))::date)) WHERE (kind = 'attempts'::text);
CREATE INDEX outbox_untold ON public.outbox USING btree (done_at) WHERE (result = ANY (ARRAY['refused'::text, 'given_up'::text]));
CREATE UNIQUE INDEX plan_edit_is_followed_once ON public.plan_edit USING btree (plan_id, COALESCE(follows, (0)::bigint));
CREATE INDEX release_act_of_proposal ON public.release_act USING btree (proposal_id);
CREATE INDEX staff_look_by_person ON public.staff_look USING btree (person_key, looked_at);
CREATE INDEX staff_look_by_time ON public.staff_look USING btree (looked_at);
CREATE INDEX staff_session_of_account ON public.staff_session USING btree (account_id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_dose1_slot_has_product_and_day FOREIGN KEY (dose1_slot_id, product_id, dose1_on) REFERENCES public.slot(slot_id, product_id, day);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_dose2_slot_has_product_and_day FOREIGN KEY (dose2_slot_id, product_id, dose2_on) REFERENCES public.slot(slot_id, product_id, day);
ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_edited_by_fkey FOREIGN KEY (edited_by) REFERENCES public.staff_account(login);
ALTER TABLE ONLY public.plan_edit
    ADD CONSTRAINT plan_edit_follows_one_of_its_plan FOREIGN KEY (plan_id, follows) REFERENCES public.plan_edit(plan_id, edit_id);
ALTER TABLE ONLY public.release_act
    ADD CONSTRAINT release_act_done_by_fkey FOREIGN KEY (done_by) REFERENCES public.staff_account(login);
ALTER TABLE ONLY public.release_act
    ADD CONSTRAINT release_act_proposal_id_fkey FOREIGN KEY (proposal_id) REFERENCES public.release_proposal(proposal_id);
ALTER TABLE ONLY public.release_decision
    ADD CONSTRAINT release_decision_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.staff_account(login);
ALTER TABLE ONLY public.release_decision
    ADD CONSTRAINT release_decision_is_of_a_proposal FOREIGN KEY (proposal_id, proposed_by) REFERENCES public.release_proposal(proposal_id, proposed_by);
ALTER TABLE ONLY public.release_proposal
    ADD CONSTRAINT release_proposal_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES public.staff_account(login);
ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_slot_id_fkey FOREIGN KEY (slot_id) REFERENCES public.slot(slot_id);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(product_id);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_release_id_fkey FOREIGN KEY (release_id) REFERENCES public.release(release_id);
ALTER TABLE ONLY public.slot
    ADD CONSTRAINT slot_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES public.venue(venue_id);
ALTER TABLE ONLY public.staff_session
    ADD CONSTRAINT staff_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.staff_account(account_id);
GRANT SELECT ON TABLE public.alembic_version TO seiriken_backup;
GRANT SELECT ON TABLE public.booking TO seiriken_gateway;
GRANT SELECT,INSERT,UPDATE ON TABLE public.booking TO seiriken_allocator;
GRANT SELECT ON TABLE public.booking TO seiriken_jobs;
GRANT SELECT ON TABLE public.booking TO seiriken_backup;
GRANT SELECT ON TABLE public.booking TO seiriken_staff;
GRANT SELECT(booking_id) ON TABLE public.booking TO seiriken_keys;
GRANT SELECT(contact),UPDATE(contact) ON TABLE public.booking TO seiriken_keys;
GRANT SELECT ON TABLE public.catalogue TO seiriken_allocator;
GRANT SELECT ON TABLE public.catalogue TO seiriken_jobs;
GRANT SELECT ON TABLE public.catalogue TO seiriken_backup;
GRANT SELECT ON TABLE public.catalogue TO seiriken_staff;
GRANT UPDATE(version) ON TABLE public.catalogue TO seiriken_allocator;
GRANT UPDATE(version) ON TABLE public.catalogue TO seiriken_staff;
GRANT UPDATE(roster_version) ON TABLE public.catalogue TO seiriken_staff;
GRANT SELECT ON TABLE public.data_key TO seiriken_backup;
GRANT SELECT ON TABLE public.data_key TO seiriken_gateway;
GRANT SELECT ON TABLE public.data_key TO seiriken_jobs;
GRANT SELECT,INSERT,DELETE ON TABLE public.data_key TO seiriken_keys;
GRANT SELECT ON TABLE public.data_key TO seiriken_staff;
GRANT UPDATE(master_id) ON TABLE public.data_key TO seiriken_keys;
GRANT UPDATE(wrapped) ON TABLE public.data_key TO seiriken_keys;
GRANT UPDATE(wrapped_at) ON TABLE public.data_key TO seiriken_keys;
GRANT UPDATE(resealed_at) ON TABLE public.data_key TO seiriken_keys;
GRANT SELECT ON TABLE public.dose_record TO seiriken_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE public.dose_record TO seiriken_allocator;
GRANT SELECT ON TABLE public.dose_record TO seiriken_staff;
GRANT SELECT,INSERT ON TABLE public.journal TO seiriken_allocator;
GRANT SELECT ON TABLE public.journal TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.outbox TO seiriken_allocator;
GRANT SELECT ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT ON TABLE public.outbox TO seiriken_backup;
GRANT SELECT(outbox_id) ON TABLE public.outbox TO seiriken_staff;
GRANT INSERT(kind) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(kind) ON TABLE public.outbox TO seiriken_staff;
GRANT INSERT(booking_id) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(booking_id) ON TABLE public.outbox TO seiriken_staff;
GRANT INSERT(created_at) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(created_at) ON TABLE public.outbox TO seiriken_staff;
GRANT UPDATE(relayed_at) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(relayed_at),UPDATE(relayed_at) ON TABLE public.outbox TO seiriken_staff;
GRANT UPDATE(done_at) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(done_at),UPDATE(done_at) ON TABLE public.outbox TO seiriken_staff;
GRANT UPDATE(attempts) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(attempts),UPDATE(attempts) ON TABLE public.outbox TO seiriken_staff;
GRANT UPDATE(result) ON TABLE public.outbox TO seiriken_jobs;
GRANT SELECT(result),UPDATE(result) ON TABLE public.outbox TO seiriken_staff;
GRANT INSERT(queue) ON TABLE public.outbox TO seiriken_jobs;
GRANT INSERT(dose) ON TABLE public.outbox TO seiriken_jobs;
GRANT INSERT(slot_id) ON TABLE public.outbox TO seiriken_jobs;
GRANT INSERT(challenge) ON TABLE public.outbox TO seiriken_jobs;
GRANT UPDATE(put_back_at) ON TABLE public.outbox TO seiriken_staff;
GRANT SELECT ON TABLE public.outcome TO seiriken_gateway;
GRANT SELECT,INSERT ON TABLE public.outcome TO seiriken_allocator;
GRANT SELECT ON TABLE public.outcome TO seiriken_backup;
GRANT SELECT ON TABLE public.outcome TO seiriken_staff;
GRANT SELECT ON TABLE public.plan_edit TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.plan_edit TO seiriken_staff;
GRANT SELECT ON TABLE public.product TO seiriken_allocator;
GRANT SELECT ON TABLE public.product TO seiriken_jobs;
GRANT SELECT ON TABLE public.product TO seiriken_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE public.product TO seiriken_staff;
GRANT SELECT ON TABLE public.release TO seiriken_allocator;
GRANT SELECT ON TABLE public.release TO seiriken_jobs;
GRANT SELECT ON TABLE public.release TO seiriken_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE public.release TO seiriken_staff;
GRANT SELECT ON TABLE public.release_act TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.release_act TO seiriken_staff;
GRANT SELECT ON TABLE public.release_decision TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.release_decision TO seiriken_staff;
GRANT SELECT ON TABLE public.release_proposal TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.release_proposal TO seiriken_staff;
GRANT SELECT,INSERT ON TABLE public.room_record TO seiriken_jobs;
GRANT SELECT ON TABLE public.room_record TO seiriken_backup;
GRANT SELECT ON TABLE public.roster TO seiriken_allocator;
GRANT SELECT ON TABLE public.roster TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.roster TO seiriken_staff;
GRANT SELECT(person_key) ON TABLE public.roster TO seiriken_staff;
GRANT SELECT(person_key) ON TABLE public.roster TO seiriken_jobs;
GRANT UPDATE(birth_check) ON TABLE public.roster TO seiriken_staff;
GRANT SELECT(sealed),UPDATE(sealed) ON TABLE public.roster TO seiriken_staff;
GRANT UPDATE(pin_check) ON TABLE public.roster TO seiriken_staff;
GRANT SELECT(left_why),UPDATE(left_why) ON TABLE public.roster TO seiriken_staff;
GRANT SELECT(left_why) ON TABLE public.roster TO seiriken_jobs;
GRANT UPDATE(reissued_as) ON TABLE public.roster TO seiriken_staff;
GRANT SELECT ON TABLE public.seats TO seiriken_allocator;
GRANT SELECT ON TABLE public.seats TO seiriken_jobs;
GRANT SELECT ON TABLE public.seats TO seiriken_backup;
GRANT SELECT,INSERT,DELETE ON TABLE public.seats TO seiriken_staff;
GRANT UPDATE(capacity) ON TABLE public.seats TO seiriken_allocator;
GRANT UPDATE(capacity) ON TABLE public.seats TO seiriken_staff;
GRANT UPDATE(taken) ON TABLE public.seats TO seiriken_allocator;
GRANT SELECT ON TABLE public.slot TO seiriken_allocator;
GRANT SELECT ON TABLE public.slot TO seiriken_jobs;
GRANT SELECT ON TABLE public.slot TO seiriken_backup;
GRANT SELECT,INSERT,DELETE ON TABLE public.slot TO seiriken_staff;
GRANT UPDATE(ends_at) ON TABLE public.slot TO seiriken_staff;
GRANT UPDATE(dose1_planned) ON TABLE public.slot TO seiriken_staff;
GRANT UPDATE(dose2_planned) ON TABLE public.slot TO seiriken_staff;
GRANT SELECT ON TABLE public.staff_account TO seiriken_backup;
GRANT SELECT ON TABLE public.staff_account TO seiriken_staff;
GRANT UPDATE(password_hash) ON TABLE public.staff_account TO seiriken_staff;
GRANT UPDATE(totp_secret) ON TABLE public.staff_account TO seiriken_staff;
GRANT UPDATE(totp_step) ON TABLE public.staff_account TO seiriken_staff;
GRANT SELECT ON TABLE public.staff_attempts TO seiriken_backup;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff_attempts TO seiriken_staff;
GRANT SELECT ON TABLE public.staff_look TO seiriken_backup;
GRANT SELECT,INSERT ON TABLE public.staff_look TO seiriken_staff;
GRANT SELECT ON TABLE public.staff_session TO seiriken_backup;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.staff_session TO seiriken_staff;
GRANT SELECT ON TABLE public.to_be_told TO seiriken_backup;
GRANT SELECT ON TABLE public.to_be_told TO seiriken_staff;
GRANT SELECT(created_at) ON TABLE public.to_be_told TO seiriken_jobs;
GRANT SELECT(campaign_id) ON TABLE public.to_be_told TO seiriken_jobs;
GRANT SELECT ON TABLE public.venue TO seiriken_allocator;
GRANT SELECT ON TABLE public.venue TO seiriken_jobs;
GRANT SELECT ON TABLE public.venue TO seiriken_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE public.venue TO seiriken_staff;
GRANT SELECT,UPDATE ON TABLE public.writer TO seiriken_allocator;
GRANT SELECT ON TABLE public.writer TO seiriken_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO seiriken_backup;
