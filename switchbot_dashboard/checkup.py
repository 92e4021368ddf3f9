"""What `check` and `doctor` find out: settings and environment, the cloud, the clock, the database, the disk."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .app import Dashboard, StoreTrouble
from .domain.budget import quota_of
from .domain.errors import CloudError
from .domain.record import Catalogue
from .domain.settings import Settings
from .domain.settings_older import older_differences

SKEW_WARN, SKEW_BAD = timedelta(seconds=2), timedelta(seconds=60)
DISK_LEAST = 100 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `state` is `ok`, `warn` or `bad`; `says` is a sentence, with what to do unless it is ok."""

    subject: str
    state: str
    says: str


def check_settings(dashboard: Dashboard) -> dict[str, Any]:
    """The settings as they stand: every fault by key and line, warnings, and what differs from the older dashboard."""
    file = dashboard.file
    faults = [{"key": fault.key, "line": fault.line, "message": fault.message} for fault in file.faults]
    differences: tuple[str, ...] = ()
    if not faults:
        differences = older_differences(json.loads(file.text.lstrip("\ufeff")))
    return {
        "path": str(file.path),
        "ok": not faults,
        "faults": faults,
        "warnings": [str(warning) for warning in file.warnings],
        "unknown_keys": list(file.current.unknown_keys()) if file.current else [],
        "older_dashboard": list(differences),
    }


def examine(dashboard: Dashboard) -> Iterator[Finding]:
    """Everything `doctor` looks at; two calls to the cloud."""
    found = dashboard.source.devices.catalogue(dashboard.clock() + timedelta(seconds=45))
    with contextlib.suppress(StoreTrouble):  # said below, by the look at the database
        dashboard.queries.add_calls(dashboard.source.devices.spent())
    yield _account(dashboard, found)
    yield _clock(dashboard)
    yield _quota(dashboard)
    yield _database(dashboard)
    yield _disk(dashboard)
    settings = dashboard.settings()
    if settings is None:
        yield Finding("settings", "bad", "The settings cannot be used. `check` names every fault.")
    elif isinstance(found, Catalogue):
        yield from _devices(settings, found)


def _account(dashboard: Dashboard, found: Catalogue | CloudError) -> Finding:
    name = "cloud" if dashboard.config.credentials else "virtual home"
    if isinstance(found, CloudError):
        return Finding(name, "bad", str(found))
    return Finding(name, "ok", f"The account lists {len(found.devices)} devices and {len(found.scenes)} scenes.")


def _clock(dashboard: Dashboard) -> Finding:
    skew = dashboard.source.skew()
    if skew is None:
        return Finding("clock", "ok", "Nothing to compare the clock with.")
    seconds = skew.total_seconds()
    says = f"This machine's clock is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} the cloud's."
    if abs(skew) < SKEW_WARN:
        return Finding("clock", "ok", says)
    return Finding(
        "clock", "bad" if abs(skew) >= SKEW_BAD else "warn", says + " Set it by NTP: signatures depend on it."
    )


def _quota(dashboard: Dashboard) -> Finding:
    now = dashboard.clock()
    try:
        used = sum(dashboard.queries.calls_of_day(now).values())
    except StoreTrouble:
        return Finding("quota", "warn", "The day's calls are not known while the database does not answer.")
    quota = quota_of(dashboard.settings() or Settings(), used, now)
    says = f"{quota.used} of {quota.limit} calls are spent today; {quota.reads_left} are left for reading."
    return Finding("quota", "ok" if quota.reads_left else "warn", says)


def _database(dashboard: Dashboard) -> Finding:
    unwell = dashboard.problem or str(dashboard.memory.unwell() or "")
    return Finding("database", "bad", unwell) if unwell else Finding("database", "ok", "It answers and is up to date.")


def _disk(dashboard: Dashboard) -> Finding:
    free = shutil.disk_usage(dashboard.config.data_dir).free
    says = f"{free / 1024**2:,.0f} MB are free in {dashboard.config.data_dir}."
    return Finding("disk", "ok", says) if free > DISK_LEAST else Finding("disk", "warn", says + " Make room.")


def _devices(settings: Settings, account: Catalogue) -> Iterator[Finding]:
    """Whether the account has what the settings name."""
    for zone in settings.all_zones:
        for role, device in (("meter", zone.meter_device_id), ("air conditioner", zone.aircon_device_id)):
            subject = f"{zone.id}: {role}"
            known = account.device(device) if device else None
            if not device:
                yield Finding(subject, "warn", "None is chosen. Set its id in the settings.")
            elif known is None:
                yield Finding(subject, "bad", f"The account has no device {device}. Correct its id in the settings.")
            elif known.cloud_enabled is False:
                yield Finding(subject, "bad", f"{known.name} ({device}) is not open to the cloud: allow it in the app.")
            else:
                yield Finding(subject, "ok", f"{known.name} ({known.type or 'unknown type'}, {device})")
        for name in ("winter", "summer", "fan", "off"):
            scene = getattr(zone.aircon_scenes, name)
            if scene and scene not in account.scenes:
                says = f"The account has no scene {scene}; the device's own command is sent instead."
                yield Finding(f"{zone.id}: scene {name}", "warn", says)
