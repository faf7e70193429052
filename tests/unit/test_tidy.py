"""The whole repository keeps the house rules, and each rule finds a deliberate offence."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

import pytest

from monitoring.logs import FIELDS
from tests import house_rules as rules
from tests.house_rules import PERSONAL_FIELDS, RULES, Rule

ROOT = Path(__file__).parents[2]
PACKAGES = ("allocator", "gateway", "monitoring", "seiriken", "waiting_room")
NOT_PERSONAL = {"venue_id"}

LONG_FUNCTION = "async def long():\n" + "    x = 1\n" * 50
FULL_FUNCTION = "@cache\nasync def full():\n" + "    x = 1\n" * 49
HERE = "/" + "work/main"


@lru_cache
def tracked_files() -> Mapping[PurePosixPath, str]:
    """Return the text of every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content[:8_000]:
            files[PurePosixPath(name)] = content.decode("utf-8", errors="replace")
    return files


def pure_modules() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    modules: list[str] = settings["tool"]["coverage"]["run"]["source_pkgs"]
    return modules


def test_there_are_files_to_look_at() -> None:
    assert PurePosixPath("monitoring/logs.py") in tracked_files()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_repository_keeps_the_rule(rule: Rule) -> None:
    offences = [line for path, text in tracked_files().items() for line in rule(path, text)]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.functions_are_short, "allocator/a.py", LONG_FUNCTION),
        (
            rules.functions_are_short,
            "tests/a.py",
            "class A:\n    " + LONG_FUNCTION.replace("\n", "\n    "),
        ),
        (rules.modules_are_short, "allocator/a.py", "\n" * 401),
        (rules.modules_are_short, "waiting_room/lua/a.lua", "\n" * 401),
        (rules.names_say_something, "allocator/utils.py", ""),
        (rules.names_say_something, "gateway/common/a.py", ""),
        (rules.names_say_something, "tests/http_helpers.py", ""),
        (rules.names_say_something, "gateway/a.py", "class SessionManager: ..."),
        (rules.sql_files_hold_one_statement, "allocator/sql/a.sql", "SELECT 1; SELECT 2;"),
        (rules.sql_files_hold_one_statement, "allocator/sql/a.sql", "-- nothing but a comment\n"),
        (rules.sql_stands_in_sql_files, "allocator/a.py", "sql = 'SELECT 1'"),
        (rules.sql_stands_in_sql_files, "seiriken/a.py", "sql = b'UPDATE slot SET taken = 0'"),
        (rules.sql_stands_in_sql_files, "gateway/a.py", "sql = f'DELETE FROM {table}'"),
        (rules.sql_stands_in_sql_files, "gateway/a.py", "sql = '''\n  CREATE TABLE a (b int)'''"),
        (rules.sql_stands_in_sql_files, "gateway/a.py", "sql.SQL('SELECT 1')"),
        (rules.nothing_names_this_machine, "README.md", f"cd {HERE}"),
        (rules.nothing_names_this_machine, "deploy/a.sh", "pip install --index" + "-url X"),
        (rules.nothing_names_this_machine, "requirements/run.txt", "https://py" + "pi.org/simple"),
        (rules.tests_do_not_sleep, "tests/unit/test_a.py", "import time\ntime.sleep(1)"),
        (rules.tests_do_not_sleep, "tests/a.py", "async def f():\n    await asyncio.sleep(0)"),
        (rules.tests_do_not_sleep, "tests/browser/test_a.py", "page.wait_for_timeout(100)"),
        (rules.tests_are_not_skipped, "tests/test_a.py", "@pytest.mark.skipif(True)\ndef f(): ..."),
        (rules.tests_are_not_skipped, "tests/test_a.py", "pytest.importorskip('redis')"),
        (rules.tests_are_not_skipped, "tests/test_a.py", "@pytest.mark.xfail\ndef f(): ..."),
        (rules.tests_replace_nothing, "tests/test_a.py", "from unittest import mock"),
        (rules.tests_replace_nothing, "tests/test_a.py", "from unittest.mock import Mock"),
        (rules.tests_replace_nothing, "tests/test_a.py", "import unittest.mock"),
        (rules.tests_replace_nothing, "tests/test_a.py", "monkeypatch.setattr(core, 'decide', 1)"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.info(f'{who}_arrived')"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.info('Somebody arrived')"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.error('booking_fails')"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.info('mail_sent', email=email)"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.info('mail_sent', **fields)"),
        (rules.events_are_static_and_past, "gateway/a.py", "get_logger().info('mail_sent', to=to)"),
        (rules.impure_calls, "allocator/a.py", "moment = datetime.now(SITE_TIMEZONE)"),
        (rules.impure_calls, "allocator/a.py", "day = date.today()"),
        (rules.impure_calls, "allocator/a.py", "request_id = uuid4()"),
        (rules.impure_calls, "allocator/a.py", "text = open('rules.txt')"),
    ],
)
def test_rule_finds_an_offence(rule: Rule, path: str, text: str) -> None:
    assert list(rule(PurePosixPath(path), text))


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (
            rules.functions_are_short,
            "allocator/a.py",
            FULL_FUNCTION,
        ),
        (rules.names_say_something, "waiting_room/line.py", "class Commons: ..."),
        (rules.sql_files_hold_one_statement, "allocator/sql/a.sql", "SELECT ';' -- ; no\n;\n"),
        (rules.sql_files_hold_one_statement, "allocator/sql/migrations/versions/1.sql", "A; B;"),
        (rules.sql_stands_in_sql_files, "gateway/a.py", "text = 'Select a day'"),
        (rules.sql_stands_in_sql_files, "seiriken/a.py", "sql.SQL('CREATE ROLE {}').format(name)"),
        (rules.sql_stands_in_sql_files, "tests/integration/test_a.py", "sql = 'SELECT 1'"),
        (rules.nothing_names_this_machine, "README.md", "{path}/work/ and docs/home/"),
        (rules.tests_do_not_sleep, "seiriken/a.py", "time.sleep(1)"),
        (rules.tests_do_not_sleep, "tests/waiting.py", "time.sleep(1)"),
        (rules.tests_are_not_skipped, "tests/test_a.py", "@pytest.mark.anyio\ndef f(): ..."),
        (rules.tests_replace_nothing, "tests/test_a.py", "monkeypatch.setenv('A', 'b')"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.info('batch_committed', epoch=1)"),
        (rules.events_are_static_and_past, "gateway/a.py", "log.append('anything')"),
        (rules.impure_calls, "allocator/a.py", "day = now.date()"),
    ],
)
def test_rule_lets_pass_what_is_in_order(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(PurePosixPath(path), text))


@pytest.mark.parametrize("module", pure_modules())
def test_pure_module_reads_no_clock_and_draws_nothing(module: str) -> None:
    path = PurePosixPath(module.replace(".", "/") + ".py")
    assert not list(rules.impure_calls(path, tracked_files()[path]))


def unmirrored(modules: list[str], files: set[PurePosixPath]) -> list[str]:
    """Return the modules without the unit test file that bears their name."""
    return [
        module
        for module in modules
        if PurePosixPath("tests/unit", *module.split(".")[:-1], f"test_{module.split('.')[-1]}.py")
        not in files
    ]


def strays(files: set[PurePosixPath]) -> list[str]:
    """Return the unit test files of a package that mirror no module of it."""
    return [
        str(path)
        for path in files
        if path.parts[:2] == ("tests", "unit")
        and path.parts[2] in PACKAGES
        and path.name.startswith("test_")
        and PurePosixPath(*path.parts[2:-1], path.name.removeprefix("test_")) not in files
        and PurePosixPath(*path.parts[2:-1], path.stem.removeprefix("test_"), "__init__.py")
        not in files
    ]


def test_every_pure_module_has_its_test_file() -> None:
    assert unmirrored(pure_modules(), set(tracked_files())) == []
    assert unmirrored(["allocator.core"], {PurePosixPath("allocator/core.py")})


def test_every_unit_test_file_mirrors_a_module() -> None:
    assert strays(set(tracked_files())) == []
    assert strays({PurePosixPath("tests/unit/gateway/test_nothing.py")})


def unused_statements(files: Mapping[PurePosixPath, str]) -> list[str]:
    """Return the SQL statements that no Python of ours names."""
    statements = [p for p in files if p.suffix == ".sql" and "migrations" not in p.parts]
    code = "\n".join(text for path, text in files.items() if path.suffix == ".py")
    return [str(path) for path in statements if f'"{path.stem}' not in code]


def test_every_sql_statement_is_used() -> None:
    assert unused_statements(tracked_files()) == []
    assert unused_statements({PurePosixPath("allocator/sql/a_b.sql"): "SELECT 1"})


def personal(fields: frozenset[str]) -> set[str]:
    """Return the log fields that sound like a person's."""
    return {field for field in fields if PERSONAL_FIELDS.search(field)} - NOT_PERSONAL


def test_no_log_field_sounds_like_a_person() -> None:
    assert personal(FIELDS) == set()
    assert personal(frozenset({"ticket_number", "epoch"})) == {"ticket_number"}
