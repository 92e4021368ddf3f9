"""What heats or cools a virtual room: an air conditioner behind infrared, or a heater on a plug.

It has a thermostat of its own. Heating stops half a degree above the set point and begins again half a degree below;
cooling does the same the other way round. Modes are the cloud's: 0 and 1 auto, 2 cool, 3 dry, 4 fan, 5 heat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

AUTO, COOL, DRY, FAN, HEAT = 1, 2, 3, 4, 5
SLACK = 0.5  # K around the set point
AUTO_SLACK = 1.0  # K: auto waits longer before it changes sides


@dataclass(frozen=True, slots=True)
class Unit:
    """An air conditioner and what it is doing: `direction` is 1 while it heats, -1 while it cools, 0 while it rests."""

    power: bool = False
    mode: int = HEAT
    set_point: float = 23.0  # °C
    fan: int = 3
    direction: int = 0


def turns(unit: Unit, direction: int) -> tuple[float, float]:
    """The room temperatures in °C at or below, and at or above, which a unit that goes `direction` changes course."""
    target = unit.set_point
    if not unit.power or unit.mode == FAN:
        return -inf, inf
    if direction > 0:
        return -inf, target + SLACK
    if direction < 0:
        return target - SLACK, inf
    match unit.mode:
        case 5:
            return target - SLACK, inf
        case 2 | 3:
            return -inf, target + SLACK
        case _:
            return target - AUTO_SLACK, target + AUTO_SLACK


def course(unit: Unit, direction: int, temperature: float) -> int:
    """The direction after looking at the room: 1, 0 or -1."""
    low, high = turns(unit, direction)
    if temperature <= low:
        return 0 if direction < 0 else 1
    if temperature >= high:
        return 0 if direction > 0 else -1
    return direction


def switched_off(unit: Unit) -> Unit:
    """The unit at rest; it remembers what it was set to."""
    return replace(unit, power=False, direction=0)


def switched_on(unit: Unit, temperature: float) -> Unit:
    """The unit as last set, running at once where the room (°C) leaves it something to do."""
    on = replace(unit, power=True)
    if on.mode == HEAT:
        direction = 1 if temperature < on.set_point + SLACK else 0
    elif on.mode in (COOL, DRY):
        direction = -1 if temperature > on.set_point - SLACK else 0
    elif on.mode == FAN:
        direction = 0
    else:
        direction = 1 if temperature < on.set_point else -1
    return replace(on, direction=direction)


def set_all(unit: Unit, parameter: str, temperature: float) -> Unit:
    """The unit after `setAll` with "temperature,mode,fan,power", such as "23,5,3,on", in a room of `temperature` °C.

    Raises ValueError with what is wrong where the parameter cannot be used.
    """
    parts = parameter.split(",")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts[:3]):
        raise ValueError("expected four values such as 23,5,3,on")
    target, mode, fan = int(parts[0]), int(parts[1]), int(parts[2])
    if not 16 <= target <= 30:
        raise ValueError("expected a temperature of 16 to 30 whole degrees")
    if not 0 <= mode <= 5 or not 1 <= fan <= 4:
        raise ValueError("expected a mode of 0 to 5 and a fan speed of 1 to 4")
    if parts[3] not in ("on", "off"):
        raise ValueError("expected on or off as the fourth value")
    wanted = replace(unit, mode=mode or AUTO, set_point=float(target), fan=fan)
    return switched_on(wanted, temperature) if parts[3] == "on" else switched_off(wanted)
