"""Reminders for a running home, so that its page has something to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.service import PASSWORD, Running


def promises(home: Running) -> None:
    """A user, and what she promised: a loan due today, another in two days, and maintenance that comes back."""
    if not any(line.startswith("anna") for line in home.service.command("user", "list").out.splitlines()):
        added = home.service.command("user", "add", "anna", stdin=f"{PASSWORD}\n{PASSWORD}\n")
        assert added.status == 0, added.err
    now = datetime.now(UTC)
    for hours, reminder in (
        (110, {"title": "Clean the filter", "kind": "maintenance", "every_days": 30}),
        (5, {"title": "Bring back the ladder", "kind": "loan", "note": "Ask for the key of the cellar first."}),
        (40, {"title": "Heater for Ben", "kind": "loan", "object": "Oil heater"}),
        (None, {"title": "Oil the hinges", "kind": "maintenance", "every_hours": 200}),
        (20, {"title": "Water the plants"}),
    ):
        due = None if hours is None else (now + timedelta(hours=hours)).isoformat()
        made = home.post("/api/reminders", {**reminder, "user": "anna", "due_at": due})
        assert made.status_code == 201, made.text
    assert home.post(f"/api/reminders/{made.json()['id']}/done").status_code == 200
