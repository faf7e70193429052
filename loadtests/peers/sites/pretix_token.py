"""Make an organizer of pretix with an API token that may do all, and print the token.

Only this needs pretix's own objects; all else is made through its REST API
(`loadtests/peers/systems/pretix_shop.py`). Run in the peers' environment.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Make organizer, team and token."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
    import django

    django.setup()
    from django_scopes import scopes_disabled
    from pretix.base.models import Organizer, Team

    with scopes_disabled():
        organizer = Organizer.objects.create(name="City", slug=sys.argv[1])
        team = Team.objects.create(
            organizer=organizer,
            name="Booking",
            all_events=True,
            all_event_permissions=True,
            all_organizer_permissions=True,
        )
        token = team.tokens.create(name="Booking")
    sys.stdout.write(f"{token.token}\n")


if __name__ == "__main__":
    main()
