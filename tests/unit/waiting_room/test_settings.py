"""The room's settings: defaults that agree, and contradictions that stop the process."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from waiting_room.admission import AdmissionRules
from waiting_room.settings import RoomSettings
from waiting_room.vwr import InletRules


def settings(**changes: object) -> RoomSettings:
    needed = {"redis_url": "unix:///run/r", "secrets_dir": Path("secrets"), "internal_port": 0}
    return RoomSettings.model_validate({**needed, **changes})


def test_the_defaults_are_those_of_the_controller() -> None:
    assert settings().admission_rules() == AdmissionRules()


def test_no_aws_compatible_line_is_served_unless_it_is_named() -> None:
    assert settings().vwr_event_id == ""
    named = settings(vwr_event_id="Sample", vwr_per_minute=90, vwr_expiry_s=0)
    assert named.inlet_rules() == InletRules(per_minute=90, expiry_s=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"inside_limit_min": 300},
        {"inside_limit_max": 100},
        {"undecided_age_good_s": 3},
        {"commit_good_s": 2},
        {"inside_decrease_factor": 1},
        {"called_grace_s": 301},
        {"tick_s": 0},
        {"vwr_event_id": "a:b"},
        {"vwr_per_minute": 0},
        {"vwr_per_minute": 60_001},
        {"vwr_expiry_s": -1},
        {"vwr_expiry_s": 86_401},
    ],
)
def test_settings_that_contradict_each_other_or_reason_are_refused(
    changes: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)
