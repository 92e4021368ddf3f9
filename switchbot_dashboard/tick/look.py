"""Step 4 of a tick: the account's catalogue now and then, and the meters, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..domain.budget import Quota
from ..domain.case import Case
from ..domain.errors import CloudError
from ..domain.hint import counted
from ..domain.reading import judge, lasting, missing_meter, plug_power, quota_trouble, trouble_of
from ..domain.record import Catalogue, House, Reading, Trouble, ZoneState
from ..domain.truth import learned_from
from ..domain.wake import is_due, patience
from .part import Part
from .ports import Ports, Status

CATALOGUE_LASTS = timedelta(hours=24)
LISTING_CALLS = 2
QUARTER_HOUR = 900

Answers = Mapping[str, Status | CloudError]


def next_edge(cases: Sequence[Case]) -> datetime | None:
    """The next instant at which a window of any zone opens or closes: nothing may hang beyond it."""
    return min((case.opening.next_edge for case in cases if case.opening.next_edge), default=None)


def fresh_catalogue(
    ports: Ports, house: House, cases: Sequence[Case], edge: datetime | None, quota: Quota, *, routine: bool
) -> Catalogue | None:
    """The account's catalogue: listed at the first tick, since a toggle must be known for one before it is spoken to,
    then once a day in a quiet moment. An empty answer deletes nothing; a failed listing waits for the next quarter
    of an hour, and one that the budget does not allow for calls to spare.
    """
    known = house.catalogue
    case = next((case for case in cases if is_due(case) or not routine), None)
    if case is None or (known is not None and case.now - known.fetched_at < CATALOGUE_LASTS):
        return known
    busy = bool(house.open_orders) or not all(_quiet(case) for case in cases)
    if known is not None and (busy or quota.reads_left < LISTING_CALLS + len(cases)):
        return known
    same_quarter = case.last_tick is not None and _quarter(case.last_tick) == _quarter(case.now)
    hurried = edge is not None and edge - case.now < timedelta(minutes=1)
    if routine and (hurried or same_quarter):
        return known
    listed = ports.devices.catalogue(patience(case, edge))
    if isinstance(listed, CloudError):
        return known
    return listed if listed.devices or known is None else replace(listed, devices=known.devices)


def _quiet(case: Case) -> bool:
    """Whether the zone owes nothing that a listing could delay."""
    crossed = case.last_tick is not None and case.edge_since(case.last_tick)
    return case.state.repeat is None and case.state.retry is None and not crossed


def look(ports: Ports, parts: Sequence[Part], quota: Quota, edge: datetime | None) -> None:
    """Read the meters, and the plugs that have a status, of the parts that look; where calls lack, windows first."""
    looking = sorted((part for part in parts if part.must_look), key=lambda part: not part.case.opening.inside)
    wanted = list(dict.fromkeys(device for part in looking for device in _to_read(part.case)))[: quota.reads_now]
    answers: Answers = {}
    if wanted:
        answers = ports.devices.read(wanted, max(patience(part.case, edge) for part in looking))
    for part in looking:
        part.looked = True
        part.calls += sum(device in answers for device in _to_read(part.case))
        part.trouble, part.case = _taken_in(part.case, answers, quota)
        if part.hinted:
            part.case = replace(part.case, state=counted(part.case.state, part.case.now))


def _to_read(case: Case) -> list[str]:
    devices = [case.zone.meter_device_id] if case.zone.meter_device_id else []
    read_at = case.state.aircon.status_read_at
    pause = timedelta(minutes=case.settings.aircon_poll_cooldown_minutes)
    if case.machine.has_status and (read_at is None or case.now - read_at >= pause):
        devices.append(case.machine.device)
    return devices


def _taken_in(case: Case, answers: Answers, quota: Quota) -> tuple[Trouble | None, Case]:
    """What a look brought: a trouble or a reading, and the true state of a plug."""
    found = _found(case, answers, quota)
    state = replace(case.state, looked_at=case.now)
    trouble = None
    if isinstance(found, Trouble):
        trouble = lasting(found, state.trouble)
        state = replace(state, trouble=trouble)
    else:
        state = learned_from(replace(state, reading=found, trouble=None), found, case.now)
    return trouble, replace(case, state=_with_true_power(state, answers.get(case.machine.device), case))


def _found(case: Case, answers: Answers, quota: Quota) -> Reading | Trouble:
    meter = case.zone.meter_device_id
    if not meter:
        return missing_meter(case.now)
    if meter not in answers:
        return quota_trouble(quota, case.now)
    answer = answers[meter]
    if isinstance(answer, CloudError):
        return trouble_of(answer, case.now)
    return judge(answer, case.state.reading, case.now)


def _with_true_power(state: ZoneState, answer: Status | CloudError | None, case: Case) -> ZoneState:
    """A plug's own word on whether it is on takes the place of what was assumed."""
    if answer is None or isinstance(answer, CloudError) or not case.machine.has_status:
        return state
    power = plug_power(answer)
    aircon = replace(state.aircon, status_read_at=case.now)
    if power is None or power is aircon.power:
        return replace(state, aircon=aircon)
    return replace(state, aircon=replace(aircon, power=power, mode=None, temperature=None, fan=None, since=case.now))


def _quarter(instant: datetime) -> int:
    return int(instant.timestamp()) // QUARTER_HOUR
