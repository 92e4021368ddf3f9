"""The view models of messages: what came, what is to come, and the whole story of one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain.message import Priority, Status, Way
from ..domain.posted import ChannelCount, Deed, Delivery, Message, Story
from ..domain.sentence import Sentence
from .i18n import age, ahead, clock, moment, number, sentence
from .views import iso
from .words import opened

STATES = {
    Status.PENDING: (_l("planned"), "quiet"),
    Status.SENDING: (_l("on its way"), "quiet"),
    Status.SENT: (_l("sent"), "ok"),
    Status.FAILED: (_l("failed"), "bad"),
    Status.UNKNOWN: (_l("not known whether it arrived"), "warn"),
    Status.CANCELLED: (_l("cancelled"), "quiet"),
    Status.SKIPPED: (_l("not sent"), "quiet"),
}
WAYS = {Way.BELL: _l("In the dashboard"), Way.EMAIL: _l("By mail"), Way.APPRISE: _l("By Apprise")}
RESULTS = {
    "started": (_l("begun, no result yet"), "quiet"),
    "sent": (_l("delivered"), "ok"),
    "failed": (_l("failed for now"), "warn"),
    "refused": (_l("refused for good"), "bad"),
    "unknown": (_l("nobody can know whether it arrived"), "warn"),
    "skipped": (_l("left out"), "quiet"),
}
KINDS = {"alert": _l("Alert"), "reminder": _l("Reminder"), "report": _l("Report"), "system": _l("Message")}
PRIORITIES = {
    Priority.LOW: _l("low"),
    Priority.NORMAL: _l("normal"),
    Priority.HIGH: _l("high"),
    Priority.URGENT: _l("urgent"),
}
RELATED = {"alert": "/alerts#alert-", "reminder": "/reminders/"}
SHORT = 160  # characters of a text in a list


@dataclass(frozen=True, slots=True)
class When:
    """An instant: `words` say how long ago or until, `clock` names it; `coming` says which."""

    iso: str
    words: str
    clock: str
    coming: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a list. `who` is to whom it goes or who wrote it, where that is not clear by itself."""

    id: int
    title: str
    text: str
    kind: str
    loud: str
    state: str
    tone: str
    when: When
    who: str
    unread: bool
    cancellable: bool


@dataclass(frozen=True, slots=True)
class WayLine:
    """What one way to the recipient came to."""

    name: str
    hint: str
    state: str
    tone: str
    when: str
    why: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a story."""

    iso: str
    clock: str
    what: str
    tone: str
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """The whole story of one message. `waits`: some of it is still to leave; `again`: some of it can be retried.

    `data` is what whoever wrote it put with it; that of a rule is for programs.
    """

    line: Line
    text: str
    facts: Sequence[tuple[str, str]]
    ways: Sequence[WayLine]
    events: Sequence[Event]
    data: Sequence[tuple[str, str]]
    link: str
    waits: bool
    again: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How a way did."""

    name: str
    sent: str
    failed: str
    late: str


def line_of(message: Message, now: datetime, names: Mapping[int, str], reader: int | None) -> Line:
    """A message in a list, as `reader` sees it."""
    coming = message.status in (Status.PENDING, Status.SENDING) and message.sent_at is None
    state, tone = STATES[message.status]
    if message.sent_at is not None and message.status in (Status.PENDING, Status.SENDING):
        state = _l("not yet by every way")
    text = said(message.body)
    loud = message.priority in (Priority.HIGH, Priority.URGENT)
    return Line(
        id=message.id,
        title=said(message.title),
        text=text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…",
        kind=str(KINDS.get(message.kind, message.kind)),
        loud=str(PRIORITIES[message.priority]) if loud else "",
        state="" if message.status is Status.SENT else str(state),
        tone=tone,
        when=_when(message.scheduled_at if coming else message.sent_at or message.scheduled_at, now),
        who=_who(message, names, reader),
        unread=message.sent_at is not None and message.read_at is None and message.recipient_id == reader,
        cancellable=message.status is Status.PENDING,
    )


def story_of(story: Story, now: datetime, names: Mapping[int, str], reader: int | None) -> Told:
    """The whole story of a message, as `reader` sees it."""
    message = story.message
    return Told(
        line=line_of(message, now, names, reader),
        text=said(message.body),
        facts=_facts(message, now, names, reader),
        ways=[_way(each, now) for each in story.deliveries],
        events=_events(story, now, names),
        data=[(str(key), str(value)) for key, value in message.data.items()] if message.author else [],
        link=_link(message),
        waits=message.status is Status.PENDING,
        again=any(each.to_retry for each in story.deliveries),
        mine=message.recipient_id == reader,
    )


def counts_of(counts: Sequence[ChannelCount]) -> list[Count]:
    """How each way did, in words."""
    return [Count(str(WAYS[each.channel]), *map(number, (each.sent, each.failed, each.late))) for each in counts]


def unread_words(count: int) -> str:
    """What the bell says of itself."""
    if not count:
        return str(_("Notifications, nothing unread"))
    return str(ngettext("Notifications, %(num)s unread", "Notifications, %(num)s unread", count))


def shown(count: int) -> str:
    """A count in the room there is beside a bell."""
    return str(count) if count < 100 else "99+"


def said(words: Sentence | str) -> str:
    """A rule's sentence in the reader's language; what a person wrote as it is."""
    return words if isinstance(words, str) else sentence(words)


def _when(instant: datetime, now: datetime) -> When:
    coming = instant > now
    words = ahead(instant, now) if coming else age(instant, now)
    return When(iso(instant) or "", words, moment(instant, today=now), coming)


def _who(message: Message, names: Mapping[int, str], reader: int | None) -> str:
    if message.recipient_id != reader:
        return str(_("for %(name)s", name=names.get(message.recipient_id, "?")))
    if message.author and message.author_id != reader:
        return str(_("from %(name)s", name=message.author))
    return ""


def _facts(message: Message, now: datetime, names: Mapping[int, str], reader: int | None) -> list[tuple[str, str]]:
    related = " ".join(part for part in (message.related_type, message.related_id) if part)
    found = [
        (_("For"), names.get(message.recipient_id, "?")),
        (_("Written by"), message.author or _("the dashboard itself")),
        (_("Kind"), str(KINDS.get(message.kind, message.kind))),
        (_("Priority"), str(PRIORITIES[message.priority])),
        (_("Due"), moment(message.scheduled_at, today=now)),
        (_("Arrived"), moment(message.sent_at, today=now) if message.sent_at else _("not yet")),
    ]
    if message.recipient_id != reader:  # who reads it here knows
        found.append((_("Read"), moment(message.read_at, today=now) if message.read_at else _("not yet")))
    return [*found, *([(_("About"), related)] if related and not _link(message) else [])]


def _link(message: Message) -> str:
    """Where what it is about stands."""
    path, number = RELATED.get(message.related_type, ""), message.related_id
    return f"{path}{number}" if path and number.isascii() and number.isdigit() else ""


def _way(each: Delivery, now: datetime) -> WayLine:
    state, tone = STATES[each.status]
    at = each.finished_at or (each.due_at if each.status is Status.PENDING else None)
    when = ""
    if at is not None:
        when = _("next try %(at)s", at=moment(at, today=now)) if each.finished_at is None else moment(at, today=now)
    return WayLine(str(WAYS[each.channel]), each.hint, str(state), tone, when, opened(sentence(each.reason)))


def _events(story: Story, now: datetime, names: Mapping[int, str]) -> list[Event]:
    """Everything that happened, oldest first."""
    found = [(each.at, _attempt_words(each.channel, each.result), each.detail) for each in story.attempts]
    events = [
        (at, Event(iso(at) or "", _exactly(at, now), words, tone, opened(sentence(detail))))
        for at, (words, tone), detail in found
    ]
    events += [(deed.at, _deed(deed, now)) for deed in story.activity]
    return [event for _at, event in sorted(events, key=lambda pair: pair[0])]


def _attempt_words(way: Way, result: str) -> tuple[str, str]:
    words, tone = RESULTS.get(result, (result, "quiet"))
    return str(_("%(way)s: %(result)s", way=WAYS[way], result=words)), tone


def _deed(deed: Deed, now: datetime) -> Event:
    who = deed.author or _("the dashboard itself")
    return Event(iso(deed.at) or "", _exactly(deed.at, now), opened(sentence(deed.sentence)), "quiet", who)


def _exactly(instant: datetime, now: datetime) -> str:
    """The time to the second, with its day where that is another."""
    words = clock(instant, seconds=True)
    plain = clock(instant)
    return moment(instant, today=now).replace(plain, words)
