"""House rules that no linter knows, each a function from one file to what offends in it.

A rule takes the path inside the repository and the text, and yields one line for
each offence; a file that is none of its business passes. They are tried on the
whole repository, and on deliberate offences, by tests/unit/test_tidy.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from monitoring.logs import FIELDS

Rule = Callable[[PurePosixPath, str], Iterator[str]]

FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400

VAGUE_NAMES = re.compile(r"(?i)(^|_)(utils?|commons?|helpers?|managers?|misc)(_|$)")
VAGUE_CLASSES = re.compile(r"(Util|Utils|Helper|Helpers|Manager|Managers)$")
FOREIGN_PLACES = re.compile(
    r"(?<![\w.})\]])/(?:wor[k]|roo[t]|hom[e]|User[s]|opt/wheel[s])/"
    r"|[p]ypi\.org|[p]ythonhosted|[n]pmjs|[r]egistry\.(?:npm|yarn)|--(?:extra-)?index-ur[l]"
)
SQL_START = re.compile(
    r"\s*(?:SELECT\b|INSERT INTO\b|UPDATE \S+ SET\b|DELETE FROM\b|TRUNCATE\b|MERGE INTO\b"
    r"|WITH \w+ AS\b|(?:CREATE|ALTER|DROP) [A-Z]{4,}\b|GRANT\b|REVOKE\b|COPY \S+ (?:FROM|TO|\()"
    r"|LOCK TABLE\b)"
)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
SQL_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL)

IMPURE_CALLS = frozenset(
    {"now", "today", "utcnow", "uuid1", "uuid4", "open", "print", "input", "eval", "exec"}
)
SLEEPS = frozenset({"sleep", "wait_for_timeout"})
SKIPS = frozenset({"skip", "skipif", "skipIf", "skipUnless", "xfail", "importorskip"})
MOCK_MODULES = frozenset({"mock", "unittest.mock", "pytest_mock"})
LOG_CALLS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
PAST = re.compile(
    r"(?:^|_)(?:\w*ed|begun|broken|found|given|kept|left|lost|made|run|sent|set|spoke|taken|told"
    r"|went|written)(?:_|$)"
)
PERSONAL_FIELDS = re.compile(
    r"name|phone|mail|address|ticket|birth|person|contact|token|cookie|secret|password|session"
)
WHERE_TIME_PASSES = PurePosixPath("tests/waiting.py")


@lru_cache(maxsize=1_000)
def _nodes(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text)))


def _is_python(path: PurePosixPath) -> bool:
    return path.suffix == ".py"


def _is_test(path: PurePosixPath) -> bool:
    return _is_python(path) and path.parts[0] == "tests"


def _is_ours(path: PurePosixPath) -> bool:
    return _is_python(path) and path.parts[0] != "tests"


def _called(node: ast.AST) -> str:
    """Return the last word of what is called: `sleep` of `asyncio.sleep(1)`."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def functions_are_short(path: PurePosixPath, text: str) -> Iterator[str]:
    """At most 50 lines, docstring included, decorators not."""
    for node in _nodes(text) if _is_python(path) else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{path}:{node.lineno} {node.name} has {lines} lines"


def modules_are_short(path: PurePosixPath, text: str) -> Iterator[str]:
    """At most 400 lines."""
    lines = text.count("\n")
    if path.suffix in {".py", ".lua", ".js", ".sh"} and lines > MODULE_LINES_MAX:
        yield f"{path} has {lines} lines"


def names_say_something(path: PurePosixPath, text: str) -> Iterator[str]:
    """No utils, common, helpers, managers: every shared thing has an owner."""
    for part in (*path.parts[:-1], path.stem):
        if VAGUE_NAMES.search(part):
            yield f"{path} is named {part}"
    for node in _nodes(text) if _is_python(path) else ():
        if isinstance(node, ast.ClassDef) and VAGUE_CLASSES.search(node.name):
            yield f"{path}:{node.lineno} class {node.name}"


def sql_files_hold_one_statement(path: PurePosixPath, text: str) -> Iterator[str]:
    """One statement, ended by the file's end or one semicolon. Migrations hold many."""
    if path.suffix != ".sql" or "migrations" in path.parts:
        return
    bare = SQL_QUOTED.sub("''", SQL_COMMENT.sub("", text))
    statements = [statement for statement in bare.split(";") if statement.strip()]
    if len(statements) != 1:
        yield f"{path} holds {len(statements)} statements"


def sql_stands_in_sql_files(path: PurePosixPath, text: str) -> Iterator[str]:
    """No statement inside Python. Tests may ask the database what they like.

    A role's or a database's name cannot be a parameter: `sql.SQL("... {name}")` may stay.
    """
    if not _is_ours(path) or path.is_relative_to("allocator/sql"):
        return
    composed = {
        id(node.args[0])
        for node in _nodes(text)
        if isinstance(node, ast.Call) and _called(node) == "SQL" and "{" in ast.unparse(node)
    }
    for node in _nodes(text):
        if id(node) in composed:
            continue
        if isinstance(node, ast.Constant):
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(value, str) and SQL_START.match(value):
                yield f"{path}:{node.lineno} holds SQL"


def nothing_names_this_machine(path: PurePosixPath, text: str) -> Iterator[str]:
    """No path of one machine, no package registry, in any file."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := FOREIGN_PLACES.search(line):
            yield f"{path}:{number} names {found[0]}"


def tests_do_not_sleep(path: PurePosixPath, text: str) -> Iterator[str]:
    """Tests wait for a condition (`tests.waiting`), never for time to pass."""
    if not _is_test(path) or path == WHERE_TIME_PASSES:
        return
    for node in _nodes(text):
        if isinstance(node, ast.Call) and _called(node) in SLEEPS:
            yield f"{path}:{node.lineno} sleeps"


def tests_are_not_skipped(path: PurePosixPath, text: str) -> Iterator[str]:
    """What cannot run fails and says why; what is known to be broken is mended."""
    for node in _nodes(text) if _is_test(path) else ():
        match node:
            case ast.Attribute(attr=name) if name in SKIPS:
                yield f"{path}:{node.lineno} {name}"
            case ast.Name(id=name) if name in SKIPS:
                yield f"{path}:{node.lineno} {name}"


def tests_replace_nothing(path: PurePosixPath, text: str) -> Iterator[str]:
    """No mocks and no patched attributes: tests use the real parts, or values."""
    for node in _nodes(text) if _is_test(path) else ():
        match node:
            case ast.Import(names=names) if any(name.name in MOCK_MODULES for name in names):
                yield f"{path}:{node.lineno} imports a mock"
            case ast.ImportFrom(module=module, names=names) if module in MOCK_MODULES or (
                module == "unittest" and any(name.name == "mock" for name in names)
            ):
                yield f"{path}:{node.lineno} imports a mock"
            case ast.Call() if _called(node) == "setattr":
                yield f"{path}:{node.lineno} replaces an attribute"


def events_are_static_and_past(path: PurePosixPath, text: str) -> Iterator[str]:
    """A logged event is a literal name in the past tense, with fields from the allow-list."""
    for node in _nodes(text) if _is_ours(path) else ():
        if not (isinstance(node, ast.Call) and _is_log_call(node)):
            continue
        event = node.args[0] if node.args else None
        if not (isinstance(event, ast.Constant) and isinstance(event.value, str)):
            yield f"{path}:{node.lineno} logs an event without a fixed name"
        elif not (re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", event.value) and PAST.search(event.value)):
            yield f"{path}:{node.lineno} {event.value!r} is no name in the past tense"
        fields = {keyword.arg or "**" for keyword in node.keywords} - {"exc_info"}
        for field in sorted(fields - FIELDS):
            yield f"{path}:{node.lineno} logs {field}, which is not on the allow-list"


def _is_log_call(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id="log" | "logger" | "_log"), attr=name):
            return name in LOG_CALLS
        case ast.Attribute(value=ast.Call() as made, attr=name):
            return name in LOG_CALLS and _called(made) == "get_logger"
        case _:
            return False


def impure_calls(path: PurePosixPath, text: str) -> Iterator[str]:
    """Yield what a pure module may not call: clocks, randomness, files, the terminal.

    Applied to the pure modules alone. Imports of such things are import-linter's.
    """
    for node in _nodes(text):
        if isinstance(node, ast.Call) and _called(node) in IMPURE_CALLS:
            yield f"{path}:{node.lineno} calls {_called(node)}"


RULES: tuple[Rule, ...] = (
    functions_are_short,
    modules_are_short,
    names_say_something,
    sql_files_hold_one_statement,
    sql_stands_in_sql_files,
    nothing_names_this_machine,
    tests_do_not_sleep,
    tests_are_not_skipped,
    tests_replace_nothing,
    events_are_static_and_past,
)
