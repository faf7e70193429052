"""`fill_town FILE`: put the people and slots of a scene (JSON) into the tables."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from loadtests.peers.sites.booking.models import Person, Slot


class Command(BaseCommand):
    """Fill the tables once."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's name."""
        parser.add_argument("file", type=Path)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Fill."""
        scene = json.loads(options["file"].read_text(encoding="utf-8"))
        Person.objects.bulk_create(
            Person(
                ticket_number=person["ticket_number"],
                birth_date=date.fromisoformat(person["birth_date"]),
            )
            for person in scene["people"]
        )
        Slot.objects.bulk_create(
            Slot(
                number=slot["number"],
                dose=dose,
                starts_at=datetime.fromisoformat(slot[name]),
                capacity=slot["capacity"],
            )
            for slot in scene["slots"]
            for dose, name in ((1, "starts_at"), (2, "second_starts_at"))
        )
