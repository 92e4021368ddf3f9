"""What the pages about people are handed: the shapes of the outbox, channels, preferences, alerts and reminders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Desks:
    """All about people. A desk that is None is not there: its pages and calls are not either."""
