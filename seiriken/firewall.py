"""The edge's application firewall on this machine: the container's own files, with Debian's parts.

ModSecurity with the OWASP Core Rule Set. What it looks at and leaves alone stands in
deploy/container/edge; only where its module and rules lie differs from place to place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seiriken.edge import TEMPLATES_DIR, filled
from seiriken.errors import CommandError

FILES_DIR = TEMPLATES_DIR.parent / "container" / "edge"
_FILES = (
    *("modules/modsecurity.conf", "http/modsecurity.conf", "upload/modsecurity.conf"),
    "waf.conf",
)
"""What a container's edge has beyond one without a firewall."""


@dataclass(frozen=True)
class Firewall:
    """Where nginx's module is, the rules' settings, and the folder of the rules.

    The usual ones are where Debian's packages put them.
    """

    module: Path = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
    settings: Path = Path("/etc/modsecurity/crs/crs-setup.conf")
    rules: Path = Path("/usr/share/modsecurity-crs/rules")

    def check(self) -> None:
        """Make sure that it is installed.

        Raises:
            CommandError: a part of it is not there.
        """
        missing = [str(one) for one in (self.module, self.settings, self.rules) if not one.exists()]
        if missing:
            raise CommandError(
                f"the edge's firewall lacks {', '.join(missing)}:"
                " sh deploy/find-waf.sh installs it, or says how"
            )

    def write(self, conf_dir: Path) -> None:
        """Write its files into the folder of an edge's configuration, which includes them."""
        rules = conf_dir / "crs"
        rules.mkdir()
        (rules / "crs-setup.conf").symlink_to(self.settings)
        (rules / "rules").symlink_to(self.rules)
        values = {
            "EDGE_CONF_DIR": str(conf_dir),
            "EDGE_CRS_DIR": str(rules),
            "EDGE_MODULES_DIR": str(self.module.parent),
        }
        for name in _FILES:
            target = conf_dir / name
            target.parent.mkdir(exist_ok=True)
            template = (FILES_DIR / f"{name}.template").read_text("utf-8")
            target.write_text(filled(template, values), "utf-8")
