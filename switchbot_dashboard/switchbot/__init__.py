"""The cloud: SwitchBot's API v1.1 behind the port of a tick. Nothing is kept between a poll and the cloud."""

from .client import Client
from .cloud import Check, Cloud

__all__ = ["Check", "Client", "Cloud"]
