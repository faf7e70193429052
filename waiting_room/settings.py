"""The settings of the waiting room's process (variables `ROOM_…`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from monitoring.settings import ProcessSettings
from waiting_room.admission import AdmissionRules
from waiting_room.vwr import EVENT_ID, InletRules

Positive = Annotated[float, Field(gt=0)]


class RoomSettings(ProcessSettings):
    """What the tick needs. Units last; the rest is explained in `waiting_room.admission`.

    `memory_file` keeps what rebuilds the lines when Redis and this process are lost
    together; it may be left out.
    """

    model_config = SettingsConfigDict(env_prefix="ROOM_")

    redis_url: str
    secrets_dir: Path
    internal_port: Annotated[int, Field(ge=0, le=65_535)]
    internal_host: str = "127.0.0.1"
    memory_file: Path | None = None
    tick_s: Annotated[float, Field(gt=0, le=5)] = 0.5
    poll_budget_per_s: Positive = 1_000.0
    inside_limit_start: Annotated[int, Field(ge=1)] = 200
    inside_limit_min: Annotated[int, Field(ge=1)] = 20
    inside_limit_max: Annotated[int, Field(ge=1)] = 2_000
    inside_increase_per_s: Positive = 50.0
    inside_decrease_factor: Annotated[float, Field(gt=0, lt=1)] = 0.7
    inside_decrease_every_s: Positive = 2.0
    undecided_age_good_s: Positive = 0.5
    undecided_age_bad_s: Positive = 2.0
    commit_good_s: Positive = 0.5
    commit_bad_s: Positive = 1.5
    called_per_s_max: Positive = 100.0
    called_burst_s: Positive = 2.0
    called_leaving_share: Annotated[float, Field(ge=0, le=0.2)] = 0.1
    """Of those inside, so many leave while the called come: so many more are called."""
    called_grace_s: Annotated[float, Field(gt=0, le=300)] = 60.0
    called_return_s: Positive = 15.0
    seat_idle_s: Annotated[float, Field(ge=30, le=3_600)] = 180.0
    vwr_event_id: Annotated[str, Field(pattern=f"^$|{EVENT_ID}")] = ""
    """The event whose AWS-compatible line this room serves; empty: none."""
    vwr_per_minute: Annotated[int, Field(ge=1, le=60_000)] = 60
    vwr_expiry_s: Annotated[int, Field(ge=0, le=86_400)] = 900
    """How long a served position may fetch its token; 0: without end."""

    @model_validator(mode="after")
    def _limits_agree(self) -> Self:
        if not self.inside_limit_min <= self.inside_limit_start <= self.inside_limit_max:
            raise ValueError("inside_limit_min, _start and _max must not decrease")
        if self.undecided_age_good_s > self.undecided_age_bad_s:
            raise ValueError("undecided_age_good_s must not exceed undecided_age_bad_s")
        if self.commit_good_s > self.commit_bad_s:
            raise ValueError("commit_good_s must not exceed commit_bad_s")
        return self

    def admission_rules(self) -> AdmissionRules:
        """Return the controller's rules."""
        return AdmissionRules(
            inside_start=self.inside_limit_start,
            inside_min=self.inside_limit_min,
            inside_max=self.inside_limit_max,
            increase_per_s=self.inside_increase_per_s,
            decrease_factor=self.inside_decrease_factor,
            decrease_every_s=self.inside_decrease_every_s,
            age_good_s=self.undecided_age_good_s,
            age_bad_s=self.undecided_age_bad_s,
            commit_good_s=self.commit_good_s,
            commit_bad_s=self.commit_bad_s,
            called_per_s_max=self.called_per_s_max,
            burst_s=self.called_burst_s,
            leaving_share=self.called_leaving_share,
            grace_s=self.called_grace_s,
            return_s=self.called_return_s,
            seat_idle_s=self.seat_idle_s,
        )

    def inlet_rules(self) -> InletRules:
        """Return how the AWS-compatible line is served."""
        return InletRules(per_minute=self.vwr_per_minute, expiry_s=self.vwr_expiry_s)
