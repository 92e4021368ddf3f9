"""SwitchBot Dashboard: a self-hosted automation service for a home with SwitchBot devices.

Importing this starts nothing; `create_app()` builds the service and starts its heart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["__version__", "create_app"]

__version__ = "1.0.0"


def create_app() -> Flask:
    """The WSGI application over the environment, with its scheduler started unless SCHEDULER_ENABLED=false.

    A variable that cannot be used ends the process with status 2 and one line that names it.
    """
    from .app import create_app as create  # Flask and the rest are loaded when they are needed

    return create()
