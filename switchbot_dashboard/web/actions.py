"""Every action by hand: what it sends, what it costs, how long it holds, and what came of the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from ..domain.action import hold_for
from ..domain.case import Case, case_of
from ..domain.duty import by_hand
from ..domain.record import Catalogue, House, Record, Turn, ZoneState
from ..domain.settings import Settings, Zone
from .access import member, service
from .api import ACTIONS
from .bodies import zone_asked
from .errors import Refusal
from .facts import gather
from .i18n import moment, number, sentence
from .terms import FATES, ORIGINS, TURNS, aircon_words, scene_name, step_words, trouble_words
from .told import in_force, told
from .views import iso
from .words import came_of, opened

actions = Blueprint("actions", __name__)

LAST = 10
LABELS = {"winter": _l("Heat"), "summer": _l("Cool"), "fan": _l("Fan"), "off": _l("Off")}
TONES = {"winter": "heat", "summer": "cool"}
CHOSEN = {
    "winter": _l("Heating"),
    "summer": _l("Cooling"),
    "fan": _l("The fan"),
    "off": _l("Off"),
    "quick-off": _l("Off, and to stay off"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One action of a zone; `steps` are tried in turn, `able` is false where nothing could carry it out."""

    action: str
    zone: str
    label: str
    tone: str
    cost: str
    steps: Sequence[str]
    notes: Sequence[str]
    able: bool


@dataclass(frozen=True, slots=True)
class ZoneActions:
    """What can be asked of one zone now."""

    id: str
    name: str
    assumed: str
    hold: str
    holds: str
    resume: str
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class Past:
    """An action that was tried, and what came of it."""

    id: int | None
    iso: str
    when: str
    zone: str
    words: str
    why: str
    by: str
    tone: str


@dataclass(frozen=True, slots=True)
class ActionsPage:
    """The whole page. `everywhere` is the cost of quick-off in all zones."""

    zones: Sequence[ZoneActions]
    everywhere: str
    automation: bool
    last: Sequence[Past]


@actions.get("/actions")
@member
def shown() -> str:
    """The page; it costs no call."""
    handed, now = service(), service().clock()
    house = handed.memory.load(now)
    page = actions_page(in_force(), house, handed.memory.catalogue(), handed.memory.acted(LAST), now)
    return render_template("actions/page.html", page=page)


@actions.post("/actions/<action>")
@member
def act(action: str) -> AnyResponse:
    """Carries an action out and comes back here."""
    if action not in ACTIONS:
        raise Refusal(404)

    def do() -> tuple[str, str]:
        done = service().act(action, zone_asked({}))
        known = gather(service())
        words, tone = came_of(done.records, done.calls, done.hold_until, known.now, known.tz)
        after = " " + _("The automation is off until you turn it on.") if action == "quick-off" else ""
        return words + after, tone

    return told(do, "/actions")


def actions_page(
    settings: Settings | None, house: House, catalogue: Catalogue | None, last: Sequence[Record], now: datetime
) -> ActionsPage:
    """What can be asked of each zone at `now`, by the rules that will carry it out."""
    zones = settings.all_zones if settings else ()
    names = {zone.id: zone.name for zone in zones}
    most = sum(_costs(zone, "off", _case(settings, zone, house, catalogue, now))[1] for zone in zones if settings)
    return ActionsPage(
        zones=[_zone(zone, _case(settings, zone, house, catalogue, now)) for zone in zones if settings],
        everywhere=_calls(len(zones), max(most, len(zones))),
        automation=any(zone.automation_enabled for zone in zones),
        last=[_past(record, names, catalogue, now) for record in last if record.action],
    )


def _case(settings: Settings, zone: Zone, house: House, catalogue: Catalogue | None, now: datetime) -> Case:
    return case_of(settings, zone, house.states.get(zone.id, ZoneState(zone.id)), catalogue, now)


def _zone(zone: Zone, case: Case) -> ZoneActions:
    hold = case.state.hold
    standing = ""
    if hold is not None and case.held:
        chosen, since = CHOSEN.get(hold.action, hold.action), moment(hold.since, today=case.now)
        if hold.until is None:
            standing = _(
                "%(chosen)s was chosen by hand (%(since)s) and is kept until you resume.", chosen=chosen, since=since
            )
        else:
            until = moment(hold.until, today=case.now)
            words = _("%(chosen)s was chosen by hand (%(since)s) and is kept until %(until)s, or until you resume.")
            standing = words % {"chosen": chosen, "since": since, "until": until}
    return ZoneActions(
        id=zone.id,
        name=zone.name,
        assumed=opened(_("Assumed now: %(what)s", what=aircon_words(case.state.aircon))),
        hold=standing,
        holds=_holds(case),
        resume=_calls(1, 1),
        offers=[_offer(action, zone, case) for action in LABELS],
    )


def _holds(case: Case) -> str:
    """How long a choice made now would stand."""
    until, edge = hold_for("off", case, case.now).until, case.opening.next_edge
    if until is None:
        return str(_("A choice made here is kept until you resume."))
    time = moment(until, today=case.now)
    if until != edge:
        minutes = number(case.zone.manual_hold_minutes)
        return str(
            _("A choice made here is kept until %(time)s, %(minutes)s minutes from now.", time=time, minutes=minutes)
        )
    if case.opening.inside:
        return str(_("A choice made here is kept until the window closes (%(time)s).", time=time))
    return str(_("A choice made here is kept until the window opens (%(time)s).", time=time))


def _offer(action: str, zone: Zone, case: Case) -> Offer:
    choice, order = by_hand(action, case)
    steps = [step_words(step, case.catalogue) for step in order.steps] if order else []
    notes = [trouble_words(each) for each in order.skipped] if order else [opened(sentence(choice.sentence))]
    again = zone.off_repeat_count - 1
    if order and order.turn is Turn.OFF and again and (order.steps[0].scene or order.steps[0].repeatable):
        times = ngettext("%(count)s time more", "%(count)s times more", again, count=number(again))
        notes.append(
            _("Off is sent %(times)s, every %(seconds)s s.", times=times, seconds=zone.off_repeat_interval_seconds)
        )
    least, most = _costs(zone, action, case)
    label, tone = str(LABELS[action]), TONES.get(action, "")
    return Offer(action, zone.id, label, tone, _calls(least, most), steps, notes, order is not None)


def _costs(zone: Zone, action: str, case: Case) -> tuple[int, int]:
    order = by_hand(action, case)[1]
    if order is None:
        return 0, 0
    repeats = zone.off_repeat_count - 1 if order.turn is Turn.OFF else 0
    return 1 + repeats, len(order.steps) * (1 + repeats)


def _calls(least: int, most: int) -> str:
    if most <= least:
        return str(ngettext("%(count)s call", "%(count)s calls", least, count=number(least)))
    return str(_("%(least)s to %(most)s calls", least=number(least), most=number(most)))


def _past(record: Record, names: dict[str, str], catalogue: Catalogue | None, now: datetime) -> Past:
    done = record.action
    assert done is not None  # only such records are asked for
    via = _("scene “%(name)s”", name=scene_name(done.step.scene, catalogue)) if done.step.scene else _("direct command")
    tone = {"done": "ok", "failed": "bad", "unknown": "warn"}[done.fate.value]
    return Past(
        id=record.id,
        iso=iso(done.sent_at) or "",
        when=moment(done.sent_at, today=now),
        zone=names.get(record.zone, record.zone) if len(names) > 1 else "",
        words=_("%(turn)s (%(via)s): %(fate)s", turn=TURNS[done.order.turn], via=via, fate=FATES[done.fate]),
        why=opened(sentence(done.order.reason)),
        by=_("Wanted by %(who)s", who=ORIGINS[done.order.origin]),
        tone=tone,
    )
