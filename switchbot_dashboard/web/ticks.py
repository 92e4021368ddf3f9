"""The pages that say why: what each tick read, decided and did, and one record whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from ..domain.record import Catalogue, Done, Outcome, Record
from ..domain.sentence import Sentence
from .access import member, service
from .bodies import LARGEST_ID, whole
from .errors import Refusal
from .i18n import age, clock, day, moment, number, percent, sentence, span, temp
from .terms import (
    FATES,
    MODES,
    ORIGINS,
    OUTCOMES,
    PACES,
    SEASONS,
    TONES,
    TRIGGERS,
    TURNS,
    aircon_words,
    step_words,
    trouble_words,
)
from .told import in_force
from .views import iso
from .words import opened

ticks = Blueprint("ticks", __name__)

ROWS = 50
Choice = tuple[str, str, bool]  # value, words, whether it is chosen


@dataclass(frozen=True, slots=True)
class Row:
    """One record in the list."""

    id: int | None
    iso: str
    clock: str
    zone: str
    temperature: str
    sentence: str
    outcome: str
    tone: str
    action: str
    spent: str
    wake: str


@dataclass(frozen=True, slots=True)
class TicksPage:
    """A page of the list: its rows by day, the filters, and the way to older ones."""

    days: Sequence[tuple[str, Sequence[Row]]]
    zones: Sequence[Choice]
    outcomes: Sequence[Choice]
    filtered: bool
    paged: bool
    newest: str
    older: str


Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One record whole. `parts` are headings with facts; `errors` happened on the way."""

    title: str
    iso: str
    zone: str
    sentence: str
    outcome: str
    tone: str
    parts: Sequence[tuple[str, Sequence[Fact]]]
    errors: Sequence[str]
    earlier: int | None
    later: int | None


@ticks.get("/ticks")
@member
def listed() -> str:
    """The list, newest first."""
    faults: dict[str, str] = {}
    before = whole("before", None, 1, LARGEST_ID, faults)
    zone, outcome = request.args.get("zone", ""), request.args.get("outcome", "")
    if outcome and outcome not in list(Outcome):
        faults["outcome"] = _("There is no outcome of this name.")
    if faults:
        raise Refusal(422, " ".join(faults.values()), fields=faults)
    found = service().memory.records(zone=zone or None, outcome=outcome or None, before=before, limit=ROWS + 1)
    page = ticks_page(found, _zone_names(), zone, outcome, service().clock(), paged=before is not None)
    return render_template("ticks/list.html", page=page)


@ticks.get("/ticks/<int:number>")
@member
def one(number: int) -> str:
    """One record."""
    memory = service().memory
    record = memory.record(number) if number <= LARGEST_ID else None
    if record is None:
        raise Refusal(404, _("There is no record of this number: it was cleaned away, or never was."))
    beside = memory.beside(number, record.zone)
    page = record_page(record, beside, _zone_names(), memory.catalogue(), service().clock())
    return render_template("ticks/one.html", page=page)


def _zone_names() -> Mapping[str, str]:
    settings = in_force()
    return {zone.id: zone.name for zone in settings.all_zones} if settings else {}


def ticks_page(
    found: Sequence[Record], names: Mapping[str, str], zone: str, outcome: str, now: datetime, *, paged: bool
) -> TicksPage:
    """The list for `found`, which holds one record more than is shown where there are older ones."""
    shown = found[:ROWS]
    days: list[tuple[str, list[Row]]] = []
    for record in shown:
        name = opened(day(record.at, today=now)).rstrip(".")
        if not days or days[-1][0] != name:
            days.append((name, []))
        days[-1][1].append(_row(record, names, now))
    wanted = {key: value for key, value in (("zone", zone), ("outcome", outcome)) if value}
    older = _address({**wanted, "before": shown[-1].id}) if len(found) > ROWS else ""
    zones = [("", _("All zones"), not zone), *((key, name, key == zone) for key, name in names.items())]
    outcomes = [("", _("Every outcome"), not outcome)]
    outcomes += [(code.value, str(words), code.value == outcome) for code, words in OUTCOMES.items()]
    return TicksPage(days, zones if len(names) > 1 else (), outcomes, bool(wanted), paged, _address(wanted), older)


def _address(query: Mapping[str, object]) -> str:
    return f"/ticks?{urlencode(query)}" if query else "/ticks"


def _row(record: Record, names: Mapping[str, str], now: datetime) -> Row:
    spent = ngettext("%(count)s call", "%(count)s calls", record.calls, count=number(record.calls))
    wake = _("next look: %(time)s, %(why)s", time=moment(record.wake.at, today=now), why=sentence(record.wake.reason))
    return Row(
        id=record.id,
        iso=iso(record.at) or "",
        clock=clock(record.at),
        zone=names.get(record.zone, record.zone) if len(names) > 1 else "",
        temperature=temp(record.reading.tenths) if record.looked and record.reading else "",
        sentence=opened(sentence(record.verdict.sentence)),
        outcome=str(OUTCOMES[record.verdict.outcome]),
        tone=TONES.get(record.verdict.outcome, ""),
        action=_action_words(record.action) if record.action else "",
        spent=f"{spent}, {_duration(record.duration_ms)}",
        wake=wake,
    )


def _duration(milliseconds: int) -> str:
    return f"{number(milliseconds)}\u00a0ms" if milliseconds < 10_000 else span(milliseconds / 1000)


def _action_words(done: Done) -> str:
    return str(_("%(turn)s: %(fate)s", turn=TURNS[done.order.turn], fate=FATES[done.fate]))


# One record


def record_page(
    record: Record,
    beside: tuple[int | None, int | None],
    names: Mapping[str, str],
    catalogue: Catalogue | None,
    now: datetime,
) -> RecordPage:
    """Everything that is kept of one zone's part of a tick."""
    done, at = record.action, clock(record.at, seconds=True)
    parts = [(_("Reading"), _reading(record, now)), (_("Rule"), _rule(record))]
    parts += [(_("Action"), _action(done, catalogue))] if done else []
    parts += [(_("Afterwards"), _afterwards(record, now)), (_("Cost"), _cost(record))]
    return RecordPage(
        title=f"{opened(day(record.at, today=now)).rstrip('.')}, {at}",
        iso=iso(record.at) or "",
        zone=names.get(record.zone, record.zone),
        sentence=opened(sentence(record.verdict.sentence)),
        outcome=str(OUTCOMES[record.verdict.outcome]),
        tone=TONES.get(record.verdict.outcome, ""),
        parts=parts,
        errors=_errors(record),
        earlier=beside[0],
        later=beside[1],
    )


def _figures(said: Sentence) -> list[Fact]:
    """The figures of the thermostat's rule, named; those of a sentence within the sentence come first."""
    names = {
        "now": _("Temperature"),
        "limit": _("Switches at"),
        "bound": _("Limit of the comfort band"),
        "slack": _("Hysteresis"),
        "cold": _("Switches at or below"),
        "warm": _("Switches at or above"),
    }
    found: list[Fact] = []
    for value in said.figures.values():
        if isinstance(value, Sentence):
            found += _figures(value)
    for name, value in said.figures.items():
        if name in names and isinstance(value, int):
            found.append((names[name], temp(value)))
    return found


def _reading(record: Record, now: datetime) -> list[Fact]:
    facts: list[Fact] = []
    reading = record.reading
    if not record.looked:
        facts.append((_("Meter"), _("not asked in this tick")))
    elif record.trouble is not None:
        facts.append((_("Meter"), opened(sentence(record.trouble.sentence))))
        facts.append((_("So since"), moment(record.trouble.since, today=now)))
    if reading is None:
        return [*facts, (_("Last reading"), _("none yet"))]
    facts.append((_("Temperature"), temp(reading.tenths)))
    facts.append((_("Humidity"), percent(reading.humidity)))
    facts.append((_("Battery"), percent(reading.battery)))
    facts.append((_("Read"), f"{clock(reading.read_at, seconds=True)} ({age(reading.read_at, record.at)})"))
    facts.append((_("Same value since"), moment(reading.changed_at, today=now)))
    return facts


def _rule(record: Record) -> list[Fact]:
    facts = [(_("Season"), str(SEASONS.get(record.season, record.season)))]
    facts.append((_("Window"), _("open") if record.inside_window else _("closed")))
    return [*facts, *_figures(record.verdict.sentence)]


def _action(done: Done, catalogue: Catalogue | None) -> list[Fact]:
    order = done.order
    facts = [(_("What"), str(TURNS[order.turn])), (_("Wanted by"), str(ORIGINS[order.origin]))]
    facts.append((_("Why"), opened(sentence(order.reason))))
    facts.append((_("How"), step_words(done.step, catalogue)))
    facts.append((_("Sent at"), clock(done.sent_at, seconds=True)))
    facts.append((_("Result"), str(FATES[done.fate])))
    if done.retry_at is not None:
        facts.append((_("Not before"), clock(done.retry_at, seconds=True)))
    return facts


def _errors(record: Record) -> tuple[str, ...]:
    done = record.action
    found = [*done.order.skipped, *done.errors] if done else []
    return tuple(dict.fromkeys(trouble_words(each) for each in found))


def _afterwards(record: Record, now: datetime) -> list[Fact]:
    wake = record.wake
    how = f"{MODES[wake.mode]}, {PACES[wake.pace]}"
    return [
        (_("Air conditioner, assumed"), aircon_words(record.aircon)),
        (_("Looks again"), f"{moment(wake.at, today=now)} ({span((wake.at - record.at).total_seconds())})"),
        (_("Because"), opened(sentence(wake.reason))),
        (_("Pace"), how),
        (_("Interval"), span(wake.interval_seconds)),
    ]


def _cost(record: Record) -> list[Fact]:
    return [
        (_("Calls"), number(record.calls)),
        (_("Duration"), _duration(record.duration_ms)),
        (_("Began because"), str(TRIGGERS.get(record.trigger, record.trigger))),
    ]
