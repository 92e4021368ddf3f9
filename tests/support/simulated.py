"""A virtual home on a clock that tests move by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from switchbot_dashboard.domain.errors import CloudError
from switchbot_dashboard.domain.record import Receipt, Step
from switchbot_dashboard.simulator import AIRCON_ID, METER_ID, VirtualHome
from switchbot_dashboard.tick.ports import Dispatch, Status

HEAT, OFF = "23,5,3,on", "off"


class Stage:
    """A home with one zone (or those given), a clock in `now`, and the calls that tests make most."""

    def __init__(self, *, start: datetime = datetime(2026, 1, 10, 8, 0, tzinfo=UTC), zones=(), **wishes) -> None:
        self.now = start
        self.zones = zones or [("home", "Home", METER_ID, AIRCON_ID)]
        self.home = VirtualHome.for_zones(self.zones, lambda: self.now, **wishes)

    @property
    def until(self) -> datetime:
        """The end of a call's patience."""
        return self.now + timedelta(seconds=15)

    def later(self, **length: float) -> Stage:
        """Move the clock."""
        self.now += timedelta(**length)
        return self

    def look(self, device: str = METER_ID) -> Status | CloudError:
        """One device's status."""
        return self.home.read([device], self.until)[device]

    def body(self, device: str = METER_ID) -> Status:
        """One device's status, which must be one."""
        answer = self.look(device)
        assert not isinstance(answer, CloudError), answer
        return answer

    def step(self, step: Step) -> Receipt:
        """Send one step now."""
        (receipt,) = self.home.send([Dispatch(step, self.now)], self.until)
        return receipt

    def order(self, parameter: str = HEAT, device: str = AIRCON_ID) -> Receipt:
        """Send `setAll` with this parameter, or `turnOff`."""
        if parameter == OFF:
            return self.step(Step(device=device, command="turnOff"))
        return self.step(Step(device=device, command="setAll", parameter=parameter))

    def sure(self, parameter: str = HEAT) -> None:
        """Send until the infrared has come through, a second apart."""
        for _ in range(20):
            self.order(parameter)
            if self.home.room("home").unit.power is (parameter != OFF):
                return
            self.later(seconds=1)
        raise AssertionError("the air conditioner never heard it")
