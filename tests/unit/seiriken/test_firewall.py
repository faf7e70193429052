from __future__ import annotations

from pathlib import Path

import pytest

from seiriken.errors import CommandError
from seiriken.firewall import Firewall


def firewall(folder: Path) -> Firewall:
    parts = Firewall(folder / "module.so", folder / "crs-setup.conf", folder / "rules")
    parts.module.touch()
    parts.settings.touch()
    parts.rules.mkdir()
    return parts


def test_files_name_where_its_parts_are(tmp_path: Path) -> None:
    parts, conf = firewall(tmp_path), tmp_path / "conf"
    conf.mkdir()
    parts.check()
    parts.write(conf)
    written = "".join(path.read_text() for path in conf.rglob("*.conf") if not path.is_symlink())
    assert f"load_module {tmp_path}/ngx_http_modsecurity_module.so;" in written
    assert f"modsecurity_rules_file {conf}/waf.conf;" in written
    assert f"Include {conf}/crs/rules/*.conf" in written
    assert "${" not in written
    assert (conf / "crs" / "rules").resolve() == parts.rules.resolve()


@pytest.mark.parametrize("part", ["module.so", "crs-setup.conf", "rules"])
def test_what_is_missing_is_named_and_how_to_get_it(tmp_path: Path, part: str) -> None:
    parts = firewall(tmp_path)
    gone = tmp_path / part
    gone.rmdir() if gone.is_dir() else gone.unlink()
    with pytest.raises(CommandError, match=rf"{part}.*sh deploy/find-waf\.sh"):
        parts.check()
