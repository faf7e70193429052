"""Each process's database role may do what this table says, and nothing else.

The table is compared with the catalogue, for every table that the migrations make, every verb
and every column; then each role tries what it must not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from allocator.migrate import PURPOSES, create_login_roles, role_name, role_url

GROUPS = (*(f"seiriken_{purpose}" for purpose in PURPOSES), "seiriken_keys")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")

ALLOWED = """
    alembic_version  backup     SELECT
    booking          gateway    SELECT
    booking          allocator  SELECT INSERT UPDATE
    booking          jobs       SELECT
    booking          backup     SELECT
    booking          staff      SELECT
    booking          keys       SELECT(booking_id,contact) UPDATE(contact)
    catalogue        allocator  SELECT UPDATE(version)
    catalogue        jobs       SELECT
    catalogue        backup     SELECT
    catalogue        staff      SELECT UPDATE(roster_version,version)
    data_key         gateway    SELECT
    data_key         jobs       SELECT
    data_key         backup     SELECT
    data_key         staff      SELECT
    data_key         keys       SELECT INSERT DELETE UPDATE(master_id,resealed_at,\
wrapped,wrapped_at)
    dose_record      allocator  SELECT INSERT UPDATE
    dose_record      backup     SELECT
    dose_record      staff      SELECT
    journal          allocator  SELECT INSERT
    journal          backup     SELECT
    outbox           allocator  SELECT INSERT
    outbox           jobs       SELECT \
INSERT(booking_id,challenge,created_at,dose,kind,queue,slot_id) \
UPDATE(attempts,done_at,relayed_at,result)
    outbox           backup     SELECT
    outbox           staff      \
SELECT(attempts,booking_id,created_at,done_at,kind,outbox_id,relayed_at,result) \
UPDATE(attempts,done_at,put_back_at,relayed_at,result)
    outcome          gateway    SELECT
    outcome          allocator  SELECT INSERT
    outcome          backup     SELECT
    outcome          staff      SELECT
    plan_edit        backup     SELECT
    plan_edit        staff      SELECT INSERT
    product          allocator  SELECT
    product          jobs       SELECT
    product          backup     SELECT
    product          staff      SELECT INSERT UPDATE
    release          allocator  SELECT
    release          jobs       SELECT
    release          backup     SELECT
    release          staff      SELECT INSERT UPDATE
    release_act      backup     SELECT
    release_act      staff      SELECT INSERT
    release_decision backup     SELECT
    release_decision staff      SELECT INSERT
    release_proposal backup     SELECT
    release_proposal staff      SELECT INSERT
    room_record      jobs       SELECT INSERT
    room_record      backup     SELECT
    roster           allocator  SELECT
    roster           jobs       SELECT(left_why,person_key)
    roster           backup     SELECT
    roster           staff      SELECT INSERT UPDATE(birth_check,left_why,pin_check,\
reissued_as,sealed)
    seats            allocator  SELECT UPDATE(capacity,taken)
    seats            jobs       SELECT
    seats            backup     SELECT
    seats            staff      SELECT INSERT DELETE UPDATE(capacity)
    slot             allocator  SELECT
    slot             jobs       SELECT
    slot             backup     SELECT
    slot             staff      SELECT INSERT DELETE UPDATE(dose1_planned,\
dose2_planned,ends_at)
    staff_account    backup     SELECT
    staff_account    staff      SELECT UPDATE(password_hash,totp_secret,totp_step)
    staff_attempts   backup     SELECT
    staff_attempts   staff      SELECT INSERT UPDATE DELETE
    staff_look       backup     SELECT
    staff_look       staff      SELECT INSERT
    staff_session    backup     SELECT
    staff_session    staff      SELECT INSERT UPDATE DELETE
    to_be_told       jobs       SELECT(campaign_id,created_at)
    to_be_told       backup     SELECT
    to_be_told       staff      SELECT
    venue            allocator  SELECT
    venue            jobs       SELECT
    venue            backup     SELECT
    venue            staff      SELECT INSERT UPDATE
    writer           allocator  SELECT UPDATE
    writer           backup     SELECT
"""

FORBIDDEN_TO_ALL = (
    "SELECT FROM pg_authid",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT FROM pg_hba_file_rules",
    "COPY booking TO PROGRAM 'true'",
    "CREATE TABLE mine ()",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "DROP TABLE booking",
    "ALTER TABLE booking DISABLE TRIGGER ALL",
    "ALTER TABLE booking DROP CONSTRAINT booking_interval_is_met",
    "CREATE INDEX ON booking (language)",
    "TRUNCATE outbox",
    "SET ROLE postgres",
    "SET ROLE seiriken_keys",
    "SET SESSION AUTHORIZATION postgres",
    "SELECT FROM elsewhere.secret",
    "DELETE FROM journal",
    "UPDATE journal SET entry = ''",
    "UPDATE roster SET sealed = ''",
    "INSERT INTO data_key DEFAULT VALUES",
    "DELETE FROM data_key",
    "UPDATE booking SET contact = contact",
)
BUT_FOR = {
    # The writer may change a booking's row, which a migration cannot narrow under code that runs.
    "allocator": {"UPDATE booking SET contact = contact"},
    # The roster by page.
    "staff": {"UPDATE roster SET sealed = ''"},
    # The command's own work.
    "keys": {
        "DELETE FROM data_key",
        "UPDATE booking SET contact = contact",
        "INSERT INTO data_key DEFAULT VALUES",
        "SET ROLE seiriken_keys",
    },
}
FORBIDDEN = {
    "gateway": ("SELECT FROM roster", "SELECT FROM journal", "INSERT INTO booking DEFAULT VALUES"),
    "allocator": ("DELETE FROM booking", "SELECT FROM data_key", "UPDATE slot SET venue_id = ''"),
    "jobs": (
        "SELECT sealed FROM roster",
        "INSERT INTO booking DEFAULT VALUES",
        "SELECT FROM outcome",
    ),
    "backup": ("INSERT INTO booking DEFAULT VALUES", "UPDATE writer SET epoch = 0"),
    "staff": (
        "DELETE FROM roster",
        "UPDATE roster SET person_key = ''",
        "UPDATE dose_record SET lot = ''",
        "SELECT challenge FROM outbox",
        "UPDATE outbox SET kind = 'booked'",
        "SELECT FROM journal",
        "INSERT INTO booking DEFAULT VALUES",
        "DELETE FROM staff_look",
        "UPDATE staff_look SET reason = ''",
        "INSERT INTO staff_account (login) VALUES ('me')",
        "UPDATE staff_account SET role = 'auditor'",
        "UPDATE release_decision SET decision = 'approved'",
        "UPDATE seats SET taken = 0",
        "UPDATE slot SET venue_id = ''",
    ),
    "keys": ("SELECT person_key FROM booking", "SELECT FROM outbox", "DELETE FROM booking"),
}


def written() -> dict[tuple[str, str], set[str]]:
    """Return the table above: what a role may do to a table."""
    lines = (line.split() for line in ALLOWED.strip().splitlines())
    return {(table, f"seiriken_{role}"): set(verbs) for table, role, *verbs in lines}


def granted(connection: psycopg.Connection) -> dict[tuple[str, str], set[str]]:
    """Return the same from the catalogue, role by table by verb by column."""
    names = "SELECT c.relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND "
    tables = connection.execute(names.encode() + b"relkind IN ('r', 'v', 'm', 'p', 'f')").fetchall()
    found = {}
    for (table,) in tables:
        for role in GROUPS:
            verbs = set(_verbs(connection, role, table))
            if verbs:
                found[table, role] = verbs
    return found


def _verbs(connection: psycopg.Connection, role: str, table: str) -> Iterator[str]:
    for verb in VERBS:
        whole = connection.execute(
            "SELECT has_table_privilege(%s, %s, %s)", [role, f"public.{table}", verb]
        ).fetchone()
        if whole == (True,):
            yield verb
        elif verb in OF_COLUMNS:
            columns = connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                "AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, %s) "
                "ORDER BY 1",
                [f"public.{table}", role, verb],
            ).fetchall()
            if columns:
                yield f"{verb}({','.join(name for (name,) in columns)})"


@pytest.fixture
def with_roles(database_url: str) -> str:
    """A database whose login roles have passwords, with a table that concerns nobody."""
    create_login_roles(database_url, dict.fromkeys(PURPOSES, "first"))
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA elsewhere")
        connection.execute("CREATE TABLE elsewhere.secret ()")
    return database_url


def test_every_role_may_do_to_every_table_what_is_written_and_no_more(with_roles: str) -> None:
    with psycopg.connect(with_roles) as connection:
        assert granted(connection) == written()


def test_nobody_else_may_do_anything(with_roles: str) -> None:
    """Nothing is granted to all, and sequences and functions of ours are nobody's."""
    with psycopg.connect(with_roles) as connection:
        others = connection.execute(
            "SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, "
            "aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace AND "
            "grantee <> relowner AND NOT (grantee::regrole::text = ANY(%s))",
            [list(GROUPS)],
        ).fetchall()
        functions = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
        sequences = connection.execute(
            "SELECT relname FROM pg_class, unnest(%s::text[]) AS role WHERE relkind = 'S' AND "
            "role <> 'seiriken_backup' AND has_sequence_privilege(role, oid, 'UPDATE')",
            [list(GROUPS)],
        ).fetchall()
    assert (others, functions, sequences) == ([], [], [])


def test_roles_are_members_of_their_group_alone_and_have_no_powers(with_roles: str) -> None:
    with psycopg.connect(with_roles) as connection:
        database = connection.info.dbname
        for purpose in PURPOSES:
            name = role_name(database, purpose)
            groups = connection.execute(
                "SELECT roleid::regrole::text, admin_option FROM pg_auth_members "
                "WHERE member = %s::regrole",
                [name],
            ).fetchall()
            assert groups == [(f"seiriken_{purpose}", False)]
            powers = connection.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication "
                "FROM pg_roles WHERE rolname = %s",
                [name],
            ).fetchone()
            assert powers == (False, False, False, False, purpose == "backup")
        for group in GROUPS:
            state = connection.execute(
                "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, "
                "has_schema_privilege(rolname, 'public', 'CREATE'), "
                "has_schema_privilege(rolname, 'elsewhere', 'USAGE'), "
                "has_database_privilege(rolname, current_database(), 'CREATE') "
                "FROM pg_roles WHERE rolname = %s",
                [group],
            ).fetchone()
            assert state == (False,) * 8, group


@contextmanager
def acting_as(owner_url: str, purpose: str) -> Iterator[psycopg.Connection]:
    """Connect as a process does; the role of the key commands is taken by an owner."""
    if purpose != "keys":
        url = next(role_url(owner_url, one, "first") for one in PURPOSES if one == purpose)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        return
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # As SET ROLE, which an owner could undo: nobody can be sent such a statement here.
        connection.execute("SET SESSION AUTHORIZATION seiriken_keys")
        yield connection


@pytest.mark.parametrize("purpose", sorted(FORBIDDEN))
def test_role_tries_what_it_must_not_do(with_roles: str, purpose: str) -> None:
    own = BUT_FOR.get(purpose, set())
    refused = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.InvalidParameterValue,  # of SET SESSION AUTHORIZATION to who is not there
    )
    done = []
    for statement in (*FORBIDDEN_TO_ALL, *FORBIDDEN[purpose]):
        if statement in own or (purpose == "keys" and "AUTHORIZATION" in statement):
            continue
        with acting_as(with_roles, purpose) as connection:
            try:
                connection.execute(statement.encode())
            except refused:
                continue
            done.append(statement)
    assert done == []


def test_role_cannot_give_away_what_it_may(with_roles: str) -> None:
    """To try is no error to PostgreSQL, but has no effect."""
    for purpose in FORBIDDEN:
        for table in ("booking", "roster", "data_key"):
            with acting_as(with_roles, purpose) as connection, suppress(psycopg.Error):
                connection.execute(f"GRANT ALL ON {table} TO PUBLIC".encode())
    with psycopg.connect(with_roles) as connection:
        assert granted(connection) == written()
