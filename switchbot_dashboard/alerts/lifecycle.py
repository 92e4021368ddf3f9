"""How an alert lives: pending while it must last, active, resolved by itself; and what is told of it, to whom.

Pure: from what is open and what was found to the changes and the drafts. A draft's key is made from the alert's id and
how often it was told, so handing the same one in twice is one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..domain.alert import TITLES, Alert, Kind, Severity, State
from ..domain.message import Draft, Priority, Recipient
from ..domain.sentence import Sentence, say
from .rules import Finding


@dataclass(frozen=True, slots=True)
class Pace:
    """How often people are told. None: never."""

    repeat: timedelta | None
    escalate: timedelta | None


CALM: Mapping[Kind, timedelta] = {
    Kind.DEVICE_OFFLINE: timedelta(minutes=10),
    Kind.CLOUD_FAILING: timedelta(minutes=10),
    Kind.COMMAND_WITHOUT_EFFECT: timedelta(minutes=5),
}
"""How long a kind must be gone before its alert ends, where it comes and goes by nature."""

TOLD_ELSEWHERE = frozenset({Kind.MAINTENANCE_DUE})
"""Reminders tell of these by themselves, to the person who promised; the alert only shows them."""

FOR_ADMINISTRATORS = frozenset({Kind.CALL_BUDGET, Kind.CHANNEL_FAILING, Kind.SETTINGS_INVALID})
"""Nobody else can do anything about these."""

PRIORITIES = {Severity.INFO: Priority.LOW, Severity.WARNING: Priority.HIGH, Severity.CRITICAL: Priority.URGENT}


@dataclass(slots=True)
class Changes:
    """What one look comes to. `new` are findings that nobody has noted; `moved` pairs an alert with what it becomes.

    `dropped` are pending alerts that did not last. `drafts` go out before the rest is written.
    """

    new: list[Finding] = field(default_factory=list)
    moved: list[tuple[Alert, Alert]] = field(default_factory=list)
    dropped: list[Alert] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)


def look_over(
    standing: Sequence[Alert],
    found: Sequence[Finding],
    now: datetime,
    pace: Pace,
    people: Sequence[Recipient],
    blind: frozenset[Kind] = frozenset(),
) -> Changes:
    """What becomes of the alerts that are open (`standing`), given what was found; `blind` kinds stay as they are."""
    changes = Changes()
    by_key = {finding.key: finding for finding in sorted(found, key=lambda each: (each.raises, each.severity.rank))}
    for alert in standing:
        finding = by_key.pop(alert.key, None)
        if finding is None and alert.kind in blind:
            continue
        after = _gone(alert, now) if finding is None else _seen(alert, finding, now)
        if after is None:
            changes.dropped.append(alert)
            continue
        after, drafts = _told(alert, after, now, pace, people)
        changes.drafts += drafts
        if after != alert:
            changes.moved.append((alert, after))
    changes.new += [finding for finding in by_key.values() if finding.raises]
    return changes


def begun(finding: Finding, now: datetime) -> Alert:
    """A finding as it is first noted: pending, also where no patience is asked for. It has no id yet."""
    since = min(finding.since or now, now)
    return Alert(
        0, finding.kind, finding.subject, finding.severity, State.PENDING, finding.sentence, since, last_seen=now
    )


def due(finding: Finding, now: datetime) -> bool:
    """Whether a finding that was just noted has lasted long enough already."""
    return now - min(finding.since or now, now) >= finding.patience


def _gone(alert: Alert, now: datetime) -> Alert | None:
    """What becomes of an alert that was not found again; None for a pending one, which is forgotten."""
    if alert.state is State.PENDING:
        return None
    if now - alert.last_seen < CALM.get(alert.kind, timedelta(0)):
        return alert
    return replace(alert, state=State.RESOLVED, resolved_at=now)


def _seen(alert: Alert, finding: Finding, now: datetime) -> Alert | None:
    """What becomes of one that was found again: it lasts, and may be worse. A worse one is news to everyone."""
    if not finding.raises:
        if alert.state is State.PENDING:
            return None
        return replace(alert, last_seen=max(now, alert.last_seen)) if alert.kind in CALM else alert
    after = replace(alert, last_seen=max(now, alert.last_seen), sentence=finding.sentence)
    if alert.state is State.PENDING:
        after = replace(after, severity=finding.severity)
        if now - alert.first_seen >= finding.patience:
            after = replace(after, state=State.ACTIVE, active_since=now)
    elif finding.severity.rank > alert.severity.rank:
        after = replace(
            after,
            severity=finding.severity,
            is_read=False,
            acknowledged_at=None,
            acknowledged_by="",
            silenced_until=None,
        )
    return after


# telling


def _told(
    before: Alert, after: Alert, now: datetime, pace: Pace, people: Sequence[Recipient]
) -> tuple[Alert, list[Draft]]:
    """The alert with what is told of it now, and the drafts."""
    if after.kind in TOLD_ELSEWHERE or after.silent(now):
        return after, []
    if after.state is State.RESOLVED:
        return after, list(_of_the_end(after, now, people)) if before.told_count else []
    if after.state is not State.ACTIVE or after.severity is Severity.INFO:
        return after, []
    drafts: list[Draft] = []
    if _must_tell(before, after, now, pace):
        drafts += _drafts(after, now, people)
        after = replace(after, told_at=now, told_count=after.told_count + 1)
    if _must_escalate(after, now, pace):
        drafts += _escalation(after, now, people)
        after = replace(after, escalated_at=now)
    return after, drafts


def _must_tell(before: Alert, after: Alert, now: datetime, pace: Pace) -> bool:
    if not after.told_count or after.told_at is None or after.severity.rank > before.severity.rank:
        return True
    if after.acknowledged_at is not None or pace.repeat is None:
        return False
    return now - after.told_at >= pace.repeat


def _must_escalate(alert: Alert, now: datetime, pace: Pace) -> bool:
    if pace.escalate is None or alert.escalated_at is not None or alert.acknowledged_at is not None:
        return False
    return alert.active_since is not None and now - alert.active_since >= pace.escalate


def _concerned(alert: Alert, people: Sequence[Recipient]) -> Iterator[Recipient]:
    return (person for person in people if person.admin or alert.kind not in FOR_ADMINISTRATORS)


def _drafts(alert: Alert, now: datetime, people: Sequence[Recipient]) -> Iterator[Draft]:
    for person in _concerned(alert, people):
        key = f"alert:{alert.id}:{alert.told_count}:{person.id}"
        yield _draft(key, person, alert, TITLES[alert.kind], alert.sentence, now)


def _escalation(alert: Alert, now: datetime, people: Sequence[Recipient]) -> Iterator[Draft]:
    """To every administrator, under another kind: also to one who does not want to be told of alerts at first."""
    words = "Nobody has acknowledged this since {since:when}. {what}."
    said = say(words, since=alert.active_since or now, what=alert.sentence)
    title = say("Not acknowledged: {what}", what=TITLES[alert.kind])
    for person in people:
        if person.admin:
            draft = _draft(f"alert:{alert.id}:escalated:{person.id}", person, alert, title, said, now)
            yield replace(draft, kind="system")


def _of_the_end(alert: Alert, now: datetime, people: Sequence[Recipient]) -> Iterator[Draft]:
    said = say(
        "This is over since {at:when}. It had been so since {since:when}: {what}.",
        at=now,
        since=alert.first_seen,
        what=alert.sentence,
    )
    title = say("Over: {what}", what=TITLES[alert.kind])
    for person in _concerned(alert, people):
        draft = _draft(f"alert:{alert.id}:resolved:{person.id}", person, alert, title, said, now)
        kind = "system" if person.admin and alert.escalated_at is not None else "alert"
        yield replace(draft, kind=kind, priority=Priority.LOW, breaks_quiet=False)


def _draft(key: str, person: Recipient, alert: Alert, title: Sentence, body: Sentence, now: datetime) -> Draft:
    return Draft(
        key=key,
        recipient=person.id,
        title=title,
        body=body,
        at=now,
        kind="alert",
        priority=PRIORITIES[alert.severity],
        breaks_quiet=alert.severity is Severity.CRITICAL,
        related_type="alert",
        related_id=str(alert.id),
        data={"severity": str(alert.severity), "kind": str(alert.kind), "subject": alert.subject},
    )
