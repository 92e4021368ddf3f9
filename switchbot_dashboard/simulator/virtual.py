"""The virtual home behind the cloud's port: rooms, meters that lag, infrared that can miss, and the cloud's manners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ..domain.errors import CloudError, Unreachable
from ..domain.record import Call, Catalogue, Receipt, Step
from ..domain.sentence import say
from . import bodies, faults, house, meter
from .aircon import set_all, switched_off, switched_on
from .chance import lot
from .defaults import OUTDOOR_METER_ID, Kind, RoomSpec, rooms_of, scene_ids
from .faults import Faults
from .house import Room
from .weather import Weather, temperate
from .world import MemoryWorld, Place, World, Worlds

if TYPE_CHECKING:
    from ..tick.ports import Dispatch, Status

INFRARED_LOSS = 0.02
CLOCK_SLACK = 600.0  # s that a clock may step back before the house follows it
SECOND = timedelta(seconds=1)


class VirtualHome:
    """A home that answers like the cloud, on any clock; the same seed and the same calls give the same answers.

    `sleep` makes it keep real time: a step waits for its instant, and a call that times out hangs (seconds, at most
    `timeout_seconds`). Without it nothing waits, and a step leaves at its instant on the clock's own terms. `worlds`
    keeps the state between calls. A device that two rooms name belongs to the first. Whoever calls holds the lock
    under which the world may be changed.
    """

    def __init__(
        self,
        rooms: Sequence[RoomSpec],
        clock: Callable[[], datetime],
        *,
        seed: int = 1,
        weather: Weather | None = None,
        faults: Faults | str = "",
        worlds: Worlds | None = None,
        outdoor_meter_ids: Sequence[str] = (OUTDOOR_METER_ID,),
        infrared_loss: float = INFRARED_LOSS,
        sleep: Callable[[float], object] | None = None,
        timeout_seconds: float = 15.0,
    ) -> None:
        self._clock, self._sleep, self._timeout = clock, sleep, timeout_seconds
        self._seed = seed
        self._weather = weather or temperate(seed)
        self._faults = Faults.parse(faults) if isinstance(faults, str) else faults
        self._loss = self._faults.shares.get("infrared_loss", infrared_loss)
        self._worlds = worlds or MemoryWorld()
        self._calls: Counter[tuple[int, str, str]] = Counter()
        self._sky = _sky(self._weather)
        self.furnish(rooms, outdoor_meter_ids)

    @classmethod
    def for_zones(
        cls,
        zones: Sequence[tuple[str, str, str, str]],
        clock: Callable[[], datetime],
        *,
        seed: int = 1,
        weather: Weather | None = None,
        faults: Faults | str = "",
        worlds: Worlds | None = None,
        outdoor_meter_ids: Sequence[str] = (OUTDOOR_METER_ID,),
        sleep: Callable[[float], object] | None = None,
        timeout_seconds: float = 15.0,
    ) -> VirtualHome:
        """A home with a room for each zone, given as (id, name, meter id, air conditioner id), and a plug."""
        return cls(
            rooms_of(zones),
            clock,
            seed=seed,
            weather=weather,
            faults=faults,
            worlds=worlds,
            outdoor_meter_ids=outdoor_meter_ids,
            sleep=sleep,
            timeout_seconds=timeout_seconds,
        )

    def furnish(self, rooms: Sequence[RoomSpec], outdoor_meter_ids: Sequence[str] = (OUTDOOR_METER_ID,)) -> None:
        """Have these rooms from now on; a room whose id stays keeps its state."""
        self._rooms = tuple(rooms)
        self._outdoor_ids = tuple(outdoor_meter_ids)
        self._skies = {room.id: _sky(room.weather) for room in rooms if room.weather is not None}
        self._meters = {room.meter_id: room for room in reversed(rooms) if room.meter_id}
        self._units = {room.aircon_id: room for room in reversed(rooms) if room.aircon_id}
        self._scenes = {scene: (room, name) for room in reversed(rooms) for name, scene in scene_ids(room).items()}

    def open_window(self, room_id: str, until: datetime) -> None:
        """Let the outdoor air into a room until an instant. Raises KeyError for a room that the home does not have."""
        spec = next((room for room in self._rooms if room.id == room_id), None)
        if spec is None:
            raise KeyError(room_id)
        now, world = self._clock().timestamp(), self._worlds.load()
        place = self._place(world, spec, now)
        room = replace(house.live(place.room, now, spec.envelope, self._sky_over(spec)), airing_until=until.timestamp())
        self._worlds.save(world.having(spec.id, replace(place, room=room)))

    def room(self, room_id: str) -> Room:
        """The true state of a room at present, which no meter shows. Raises KeyError for an unknown room."""
        for spec in self._rooms:
            if spec.id == room_id:
                now = self._clock().timestamp()
                return house.live(
                    self._place(self._worlds.load(), spec, now).room, now, spec.envelope, self._sky_over(spec)
                )
        raise KeyError(room_id)

    def course(self, room_id: str, instants: Iterable[float]) -> Iterator[tuple[float, Room, float]]:
        """The true room at each instant (epoch seconds, in order) and the °C that the cloud has of it by then.

        It is lived through once, costs no call, and nothing may be sent meanwhile. Raises KeyError for an unknown room.
        """
        spec = next((room for room in self._rooms if room.id == room_id), None)
        if spec is None:
            raise KeyError(room_id)
        world, place = self._worlds.load(), None
        for now in instants:
            place = self._place(world, spec, now)
            place = replace(place, room=house.live(place.room, now, spec.envelope, self._sky_over(spec)))
            world = world.having(spec.id, place)
            yield now, place.room, place.shown.temperature
        if place is not None:
            self._worlds.save(world)

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Status | CloudError]:
        """The status of each device, or the error that its call ended with; one call is counted for each."""
        now = self._clock()
        if now >= until:
            return {device: _too_late() for device in device_ids}
        before = world = self._worlds.load()
        answers: dict[str, Status | CloudError] = {}
        for device in dict.fromkeys(device_ids):
            self._count(now, "read", "status")
            fault = self._faults.of_call(self._seed, "read", device, now.timestamp())
            if fault:
                answers[device] = faults.error_of(fault, now, command=False)
            else:
                answers[device], world = self._status(world, device, now.timestamp())
        if world is not before:
            self._worlds.save(world)
        self._hang(answers.values(), now, until)
        return answers

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        """Send each step at its instant, in the order given; one call is counted for each that leaves."""
        outcomes = [self._send(dispatch, until) for dispatch in dispatches]
        self._hang((error for _, error in outcomes), self._clock(), until)
        return [_receipt(sent_at, error) for sent_at, error in outcomes]

    def catalogue(self, until: datetime) -> Catalogue | CloudError:
        """The devices and scenes of the account, for two calls."""
        now = self._clock()
        if now >= until:
            return _too_late()
        for endpoint in ("devices", "scenes"):
            self._count(now, "catalogue", endpoint)
            if fault := self._faults.of_call(self._seed, endpoint, now.timestamp()):
                error = faults.error_of(fault, now, command=False)
                self._hang([error], now, until)
                return error
        return bodies.catalogue(self._rooms, self._outdoor_ids, now)

    def spent(self) -> Sequence[Call]:
        """The calls counted since this was last asked."""
        calls, self._calls = self._calls, Counter()
        return [Call(hour, purpose, endpoint, count) for (hour, purpose, endpoint), count in calls.items()]

    def _sky_over(self, spec: RoomSpec) -> house.Sky:
        return self._skies.get(spec.id, self._sky)

    def _count(self, now: datetime, purpose: str, endpoint: str) -> None:
        self._calls[int(now.timestamp() // 3600), purpose, endpoint] += 1

    def _place(self, world: World, spec: RoomSpec, now: float) -> Place:
        """The room's place in the world, begun anew where there is none, with the last upload of its meter."""
        at = meter.last_upload(self._seed, spec.id, now)
        place = world.places.get(spec.id)
        if place is None:
            room = self._first(spec, at)
            return Place(room, meter.sample(self._seed, spec.id, at, room.temperature, room.humidity))
        if place.room.at > now + CLOCK_SLACK:  # the clock was wrong, then or now
            place = Place(replace(place.room, at=at), replace(place.shown, at=min(place.shown.at, at - 1.0)))
        if at <= place.shown.at or self._faults.freezes(self._seed, spec.id, at):
            return place
        room = house.live(place.room, at, spec.envelope, self._sky_over(spec))
        return Place(room, meter.sample(self._seed, spec.id, at, room.temperature, room.humidity))

    def _first(self, spec: RoomSpec, at: float) -> Room:
        """A room as somebody left it: near 20 °C, warmer in warm weather."""
        outdoor, vapour = self._sky_over(spec)(int(at // house.CELL))
        temperature = 19.5 + lot(self._seed, "room", spec.id) + 0.4 * max(0.0, outdoor - 15.0)
        return Room(at, temperature, vapour + 250.0)

    def _status(self, world: World, device: str, now: float) -> tuple[Status | CloudError, World]:
        """The device's status, and the world after looking."""
        if spec := self._meters.get(device):
            place = self._place(world, spec, now)
            if place is not world.places.get(spec.id):
                world = world.having(spec.id, place)
            return self._meter_body(device, "Meter", place.shown.temperature, place.shown.humidity, now), world
        if spec := self._units.get(device):
            if spec.kind is not Kind.PLUG:
                return faults.no_status(), world
            place = self._place(world, spec, now)
            room = house.live(place.room, now, spec.envelope, self._sky_over(spec))
            world = world.having(spec.id, replace(place, room=room))
            return bodies.plug(device, room, spec.envelope), world
        if device in self._outdoor_ids:
            at = meter.last_upload(self._seed, device, now)
            outdoor, humidity = self._weather(datetime.fromtimestamp(at, UTC))
            shown = meter.sample(self._seed, device, at, outdoor, humidity)
            return self._meter_body(device, "WoIOSensor", shown.temperature, shown.humidity, now), world
        return bodies.hub(device) or faults.no_such_device(), world

    def _meter_body(self, device: str, kind: str, temperature: float, humidity: int, now: float) -> Status:
        body = bodies.meter(device, kind, temperature, humidity, meter.battery(self._seed, device, now))
        fault = self._faults.of_reading(self._seed, device, now)
        return faults.spoil(fault, body) if fault else body

    def _send(self, dispatch: Dispatch, until: datetime) -> tuple[datetime, CloudError | None]:
        """When one step left, and what went wrong with it."""
        now = self._clock()
        if max(now, dispatch.leave_at) >= until:
            return now, Unreachable(say("There was no time left to send this."), code="late")
        if now < dispatch.leave_at:
            if self._sleep:
                self._sleep((dispatch.leave_at - now).total_seconds())
                now = self._clock()
                if now < dispatch.leave_at - SECOND:
                    return now, Unreachable(say("The wait was broken off before this was sent."), code="late")
            now = max(now, dispatch.leave_at)
        step = dispatch.step
        self._count(now, "command", "scene" if step.scene else "commands")
        question = ("send", step.scene or step.device, step.command, now.timestamp())
        fault = self._faults.of_call(self._seed, *question)
        if fault is None:
            return now, self._obey(step, now)
        error = faults.error_of(fault, now, command=True)
        if error.may_have_happened and lot(self._seed, "fate", *question) < 0.5:
            self._obey(step, now)
        return now, error

    def _obey(self, step: Step, now: datetime) -> CloudError | None:
        """Let a step act on its room. A scene that does not exist is accepted and does nothing, as in the cloud."""
        if step.scene:
            if step.scene not in self._scenes:
                return None
            spec, season = self._scenes[step.scene]
            command, parameter = bodies.scene_command(spec.kind, season)
        else:
            known = self._units.get(step.device)
            if known is None:
                is_there = step.device in self._meters or step.device in self._outdoor_ids
                return faults.no_such_command(step.command) if is_there else faults.no_such_device()
            spec, command, parameter = known, step.command, step.parameter
        if command not in bodies.COMMANDS[spec.kind]:
            return faults.no_such_command(command)
        try:
            self._act(spec, command, parameter, now.timestamp())
        except ValueError as error:
            return faults.bad_parameter(str(error))
        return None

    def _act(self, spec: RoomSpec, command: str, parameter: str, now: float) -> None:
        """Carry a command out, unless it is infrared and lost. Raises ValueError for a parameter of no use."""
        world = self._worlds.load()
        place = self._place(world, spec, now)
        room = house.live(place.room, now, spec.envelope, self._sky_over(spec))
        unit = room.unit
        if command == "setAll":
            unit = set_all(unit, parameter, room.temperature)
        elif command == "turnOff" and spec.kind is not Kind.DIY:
            unit = switched_off(unit)
        elif command == "turnOn" and spec.kind is not Kind.DIY:
            unit = switched_on(unit, room.temperature)
        else:  # one button for both: whatever was meant, the power changes over
            unit = switched_off(unit) if unit.power else switched_on(unit, room.temperature)
        lost = spec.kind is not Kind.PLUG and lot(self._seed, "infrared", spec.id, now) < self._loss
        self._worlds.save(world.having(spec.id, Place(room if lost else replace(room, unit=unit), place.shown)))

    def _hang(self, answers: Iterable[object], now: datetime, until: datetime) -> None:
        """Keep the caller waiting, as a cloud that does not answer would."""
        if self._sleep and any(isinstance(answer, Unreachable) and answer.code == "timeout" for answer in answers):
            self._sleep(max(0.0, min(self._timeout, (until - now).total_seconds())))


def _sky(weather: Weather) -> house.Sky:
    """The weather by cells, each worked out once."""

    @lru_cache(maxsize=1024)
    def outside(cell: int) -> tuple[float, float]:
        outdoor, humidity = weather(datetime.fromtimestamp((cell + 0.5) * house.CELL, UTC))
        return outdoor, house.saturation(outdoor) * humidity / 100.0

    return outside


def _too_late() -> CloudError:
    return Unreachable(say("There was no time left to ask the SwitchBot cloud."), code="late")


def _receipt(sent_at: datetime, error: CloudError | None) -> Receipt:
    if error is None:
        return Receipt(True, sent_at)
    return Receipt(False, sent_at, error.sentence, error.code, error.may_have_happened, error.retry_at)
