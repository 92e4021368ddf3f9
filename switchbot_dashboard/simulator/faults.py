"""The cloud's bad days, on request: each fault with its share of the calls, drawn from the seed and the instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..domain.errors import (
    CloudError,
    CredentialsRefused,
    NotUnderstood,
    QuotaSpent,
    Refused,
    Throttled,
    Unreachable,
)
from ..domain.sentence import Sentence, say
from .chance import lot

CALL_FAULTS = {
    "timeout": "no answer at all; a command may have been carried out",
    "connection": "the connection is refused",
    "dns": "the name of the cloud cannot be found",
    "401": "token and secret are refused",
    "403": "the cloud's edge blocks the call",
    "429": "too many calls in a short time",
    "500": "a fault inside the cloud",
    "quota": "the day's calls are used up (190, daily limit)",
    "burst": "too many calls in a short time (190, too many request)",
    "190": "an internal fault with an empty message",
    "300": "the hub is busy",
    "offline": "the device is offline (161)",
    "161": "the same",
    "171": "the hub is offline",
    "152": "the account has no such device",
    "garbage": "an answer that is not JSON",
    "truncated": "an answer that breaks off",
    "empty": "an empty answer",
}
READING_FAULTS = {
    "zero": "temperature, humidity and battery 0",
    "text": "the temperature as text",
    "nan": "a temperature that is not a number",
    "absurd": "200 °C",
}
OTHER_FAULTS = {
    "stale": "the copy of a meter freezes, for three hours at a time",
    "infrared_loss": "commands that the air conditioner does not hear",
}
ACCEPTED = (*CALL_FAULTS, *READING_FAULTS, *OTHER_FAULTS)

STALE_SPELL = 3 * 3600  # s
_UNKNOWN_FATE = {"timeout", "500", "garbage", "truncated", "empty"}


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults occur, each with its share of the calls from 0 to 1."""

    shares: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Faults from words such as "timeout=0.05,429=0.01,stale"; a word alone means always.

        Raises ValueError with one sentence that lists what is accepted.
        """
        shares: dict[str, float] = {}
        for word in filter(None, (part.strip() for part in text.split(","))):
            name, given, share = word.partition("=")
            name = name.strip().lower()
            if name not in ACCEPTED:
                raise ValueError(_refusal(f"{name!r} is not a fault of the virtual home"))
            shares[name] = _share(share.strip(), name) if given else 1.0
        return cls(shares)

    def occurs(self, name: str, seed: int, *question: object) -> bool:
        """Whether this fault falls on this occasion."""
        share = self.shares.get(name, 0.0)
        return share > 0.0 and lot(seed, "fault", name, *question) < share

    def of_call(self, seed: int, *question: object) -> str | None:
        """The fault that falls on this call, if any."""
        return self._first(CALL_FAULTS, seed, question)

    def of_reading(self, seed: int, *question: object) -> str | None:
        """The fault that falls on the figures of this reading, if any."""
        return self._first(READING_FAULTS, seed, question)

    def freezes(self, seed: int, device: str, at: float) -> bool:
        """Whether the copy of this meter is frozen at an instant (epoch seconds)."""
        return self.occurs("stale", seed, device, int(at // STALE_SPELL))

    def _first(self, names: Mapping[str, str], seed: int, question: tuple[object, ...]) -> str | None:
        return next((name for name in self.shares if name in names and self.occurs(name, seed, *question)), None)


def _share(text: str, name: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise ValueError(_refusal(f"{name}={text} is not a share from 0 to 1"))
    return share


def _refusal(wrong: str) -> str:
    return (
        f"{wrong}: accepted are {', '.join(ACCEPTED)}, separated by commas, each alone (always) or with a share of "
        "the calls, such as timeout=0.05."
    )


def spoil(fault: str, body: Mapping[str, object]) -> dict[str, object]:
    """A meter's status with one of the reading faults in it."""
    wrong: dict[str, object] = {
        "zero": {"temperature": 0, "humidity": 0, "battery": 0},
        "text": {"temperature": str(body["temperature"])},
        "nan": {"temperature": float("nan")},
        "absurd": {"temperature": 200.0},
    }
    changed = wrong[fault]
    assert isinstance(changed, dict)
    return {**body, **changed}


def error_of(fault: str, now: datetime, *, command: bool) -> CloudError:
    """The error that a call ends with. A command without a readable answer may have been carried out all the same."""
    fate = command and fault in _UNKNOWN_FATE
    match fault:
        case "401":
            return CredentialsRefused(
                say("The SwitchBot cloud refused token and secret (401): check both in the app's developer options."),
                code="401",
                retry_at=now + timedelta(minutes=15),
            )
        case "429" | "burst":
            return Throttled(
                say("The SwitchBot cloud asks for fewer calls in a short time: the next call waits a minute."),
                code="429" if fault == "429" else "190",
                retry_at=now + timedelta(minutes=1),
            )
        case "quota":
            return QuotaSpent(
                say("The day's calls to the SwitchBot cloud are used up: the next call waits for 00:00 UTC."),
                code="190",
                retry_at=now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1),
            )
        case "152":
            return no_such_device()
        case "garbage" | "truncated" | "empty":
            return NotUnderstood(_after(_UNREADABLE[fault], command, fate), code=fault, may_have_happened=fate)
        case _:
            what, code = _UNREACHABLE[fault]
            return Unreachable(_after(what, command, fate), code=code, may_have_happened=fate)


def _after(what: Sentence, command: bool, fate: bool) -> Sentence:
    """What went wrong, and what this means for the call."""
    if not command:
        return say("{what}: the next look tries again.", what=what)
    if fate:
        return say("{what}: the command may have been carried out.", what=what)
    return say("{what}: the command was not carried out.", what=what)


_UNREADABLE = {
    "garbage": say("The SwitchBot cloud's answer is not JSON"),
    "truncated": say("The SwitchBot cloud's answer breaks off"),
    "empty": say("The SwitchBot cloud's answer is empty"),
}

_UNREACHABLE = {
    "timeout": (say("The SwitchBot cloud did not answer in time"), "timeout"),
    "connection": (say("The SwitchBot cloud refused the connection"), "connection"),
    "dns": (say("The name of the SwitchBot cloud could not be found"), "dns"),
    "403": (say("The SwitchBot cloud blocked the call (403)"), "403"),
    "500": (say("The SwitchBot cloud reported a fault of its own (500)"), "500"),
    "190": (say("The SwitchBot cloud reported an internal fault (190)"), "190"),
    "300": (say("The hub is busy (300)"), "300"),
    "offline": (say("The device is offline (161)"), "161"),
    "161": (say("The device is offline (161)"), "161"),
    "171": (say("The hub is offline (171)"), "171"),
}


def no_such_device() -> Refused:
    """What the cloud says to an id that the account does not have."""
    return Refused(say("The account has no such device (152): check its id in the settings."), code="152")


def no_such_command(command: str) -> Refused:
    """What the cloud says to a command that the device does not know."""
    return Refused(
        say("The device does not know the command {command} (160): check its type.", command=command), code="160"
    )


def no_status() -> Refused:
    """What the cloud says when an infrared remote is asked for its status."""
    return Refused(say("This id has no status (190, wrong deviceId): an infrared remote cannot be read."), code="190")


def bad_parameter(wrong: str) -> Refused:
    """What the cloud says to a parameter that it cannot use."""
    return Refused(say("The command could not be used (190): {wrong}.", wrong=wrong), code="190")
