"""The whole dashboard in this process, over its own folder: every room is real, and nothing beats by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import read_config
from switchbot_dashboard.web import build_web

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Whole:
    """A dashboard with its application; `client` is the virtual home's visitor, `logged_in` its administrator."""

    dashboard: Dashboard
    app: Flask
    folder: Path

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def logged_in(self) -> FlaskClient:
        """Someone who came in by the password, from elsewhere."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        page = client.get("/login").text
        sent = {"name": "admin", "password": PASSWORD, "csrf_token": field_of(page, "csrf_token")}
        assert client.post("/login", data=sent).status_code in (302, 303)
        return client


def field_of(page: str, name: str) -> str:
    """The value of a page's hidden field."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


@contextmanager
def whole(folder: Path, **environment: str) -> Iterator[Whole]:
    """A virtual home in `folder`, with what else the environment says."""
    config = read_config(
        {
            "SWITCHBOT_DATA_DIR": str(folder / "data"),
            "SWITCHBOT_SETTINGS_PATH": str(folder / "settings.json"),
            "SCHEDULER_ENABLED": "false",
            "DASHBOARD_PASSWORD": PASSWORD,
            **environment,
        }
    )
    dashboard = Dashboard(config)
    try:
        yield Whole(dashboard, build_web(dashboard.service()), folder)
    finally:
        dashboard.engine.dispose()
