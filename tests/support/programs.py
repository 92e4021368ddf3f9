"""Programs that ask a whole dashboard with a token, and the people behind them."""

from __future__ import annotations

from typing import Any

from support.whole import PASSWORD, Whole
from werkzeug.test import TestResponse

from switchbot_dashboard.people import Role


class Program:
    """Someone who asks with a token: `program.post("/api/…", json={…})`; `key` goes as the Idempotency-Key."""

    def __init__(self, home: Whole, user: str | None = None, role: Role = Role.ADMIN) -> None:
        _, text = home.dashboard.people.create_token("test", role, user)
        self._client, self._headers = home.app.test_client(), {"Authorization": f"Bearer {text}"}

    def __getattr__(self, method: str) -> Any:
        def ask(path: str, *, key: str = "", headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
            own = {**self._headers, **(headers or {}), **({"Idempotency-Key": key} if key else {})}
            return self._client.open(path, method=method.upper(), headers=own, **more)

        return ask


def member_of(home: Whole, name: str = "anna") -> tuple[Program, int]:
    """A new member, and what their program asks with."""
    user = home.dashboard.people.add(name, PASSWORD)
    return Program(home, name, Role.MEMBER), user.id
