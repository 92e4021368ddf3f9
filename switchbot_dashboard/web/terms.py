"""What codes of the domain are called on the pages: outcomes, origins, modes, what a step sends."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.action import FAN_ONLY
from ..domain.record import Aircon, Catalogue, Fate, Mode, Origin, Outcome, Pace, Step, Turn
from ..domain.sentence import Sentence
from .i18n import sentence
from .words import opened

OUTCOMES: Mapping[Outcome, object] = {
    Outcome.WINTER_ON: _l("Heating on"),
    Outcome.WINTER_OFF: _l("Heating off"),
    Outcome.SUMMER_ON: _l("Cooling on"),
    Outcome.SUMMER_OFF: _l("Cooling off"),
    Outcome.FAN_ON: _l("Fan on"),
    Outcome.NO_ACTION: _l("Nothing to change"),
    Outcome.ALREADY_ON: _l("On already"),
    Outcome.ALREADY_OFF: _l("Off already"),
    Outcome.OFF_REPEAT: _l("Off sent again"),
    Outcome.COOLDOWN: _l("Held back by the cooldown"),
    Outcome.HELD: _l("A choice made by hand stands"),
    Outcome.WATCHING: _l("Watched only"),
    Outcome.OUTSIDE_WINDOW: _l("No window open"),
    Outcome.TURNED_OFF_OUTSIDE_WINDOW: _l("Off at a window's end"),
    Outcome.OPTIMAL_START: _l("Early start"),
    Outcome.DISABLED: _l("Automation off"),
    Outcome.MISSING_METER: _l("No meter chosen"),
    Outcome.MISSING_DEVICE: _l("No air conditioner chosen"),
    Outcome.INVALID_TEMPERATURE: _l("Reading not believed"),
    Outcome.STALE_READING: _l("Reading too old"),
    Outcome.API_ERROR: _l("No answer"),
    Outcome.QUOTA_EXHAUSTED: _l("Calls used up"),
    Outcome.INVALID_SETTINGS: _l("Settings not valid"),
}
TONES: Mapping[Outcome, str] = {
    Outcome.WINTER_ON: "heat",
    Outcome.SUMMER_ON: "cool",
    Outcome.OPTIMAL_START: "heat",
    Outcome.WINTER_OFF: "off",
    Outcome.SUMMER_OFF: "off",
    Outcome.OFF_REPEAT: "off",
    Outcome.TURNED_OFF_OUTSIDE_WINDOW: "off",
    Outcome.FAN_ON: "fan",
    **dict.fromkeys(
        (Outcome.MISSING_METER, Outcome.MISSING_DEVICE, Outcome.INVALID_TEMPERATURE, Outcome.STALE_READING), "warn"
    ),
    **dict.fromkeys((Outcome.API_ERROR, Outcome.QUOTA_EXHAUSTED, Outcome.INVALID_SETTINGS), "bad"),
}
MODES: Mapping[Mode, object] = {
    Mode.FIXED: _l("always the same interval"),
    Mode.AUTOMATION_DISABLED: _l("automation off"),
    Mode.NO_WINDOWS: _l("no windows"),
    Mode.PENDING_OFF_REPEAT: _l("a repeat of off is due"),
    Mode.IN_WINDOW: _l("in a window"),
    Mode.WARMUP: _l("shortly before a window"),
    Mode.OPTIMAL_START: _l("early start for a window"),
    Mode.IDLE: _l("between windows"),
}
PACES: Mapping[Pace, object] = {
    Pace.TABLE: _l("by the table"),
    Pace.PREDICTED: _l("stretched to what is expected"),
    Pace.BUDGET: _l("stretched to spare the day's calls"),
}
TURNS: Mapping[Turn, object] = {
    Turn.ON: _l("Switching on"),
    Turn.OFF: _l("Switching off"),
    Turn.FAN: _l("Switching to fan"),
}
ORIGINS: Mapping[Origin, object] = {
    Origin.THERMOSTAT: _l("the thermostat"),
    Origin.WINDOW_END: _l("the end of a window"),
    Origin.REPEAT: _l("a repeat"),
    Origin.MANUAL: _l("a person"),
    Origin.RESEND: _l("a command that is sent once more"),
}
FATES: Mapping[Fate, object] = {
    Fate.DONE: _l("accepted by the cloud"),
    Fate.FAILED: _l("did not go through"),
    Fate.UNKNOWN: _l("no answer came: it may have happened"),
}
SEASONS: Mapping[str, object] = {"winter": _l("Winter"), "summer": _l("Summer")}
TRIGGERS: Mapping[str, object] = {
    "scheduler": _l("its time had come"),
    "start": _l("the service started"),
    "run-once": _l("asked for with “Run now”"),
    "manual": _l("asked for by hand"),
    "settings": _l("the settings changed"),
    "clock": _l("the clock was set"),
    "rehearsal": _l("the virtual home's first week"),
    "tick": _l("asked for on the command line"),
}
PURPOSES: Mapping[str, object] = {
    "read": _l("Readings"),
    "command": _l("Commands"),
    "catalogue": _l("Lists of devices"),
    "probe": _l("Probes"),
}
AC_MODES: Mapping[int, object] = {
    0: _l("auto"),
    1: _l("auto"),
    2: _l("cool"),
    3: _l("dry"),
    FAN_ONLY: _l("fan only"),
    5: _l("heat"),
}
FANS: Mapping[int, object] = {1: _l("fan auto"), 2: _l("fan low"), 3: _l("fan medium"), 4: _l("fan high")}


def name_of(device_id: str, catalogue: Catalogue | None) -> str:
    """A device's name as the account has it; its id where the account does not list it."""
    device = catalogue.device(device_id) if catalogue else None
    return device.name if device else device_id


def scene_name(scene: str, catalogue: Catalogue | None) -> str:
    """A scene's name; its id where the account does not list it."""
    return catalogue.scenes.get(scene, scene) if catalogue else scene


def step_words(step: Step, catalogue: Catalogue | None) -> str:
    """What a step does: `Runs the scene “Evening”`, `Sends 23 °C, heat, fan medium to Living room`."""
    if step.scene:
        return str(_("Runs the scene “%(name)s”", name=scene_name(step.scene, catalogue)))
    device = name_of(step.device, catalogue)
    if step.command == "turnOff":
        return str(_("Sends off to %(device)s", device=device))
    if step.command == "turnOn":
        return str(_("Sends on to %(device)s", device=device))
    return str(_("Sends %(what)s to %(device)s", what=_parameter(step.parameter), device=device))


def _parameter(text: str) -> str:
    """`23,5,3,on` as `23 °C, heat, fan medium`; the set point means nothing to the fan alone."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.isdigit() for part in parts[:3]):
        return text
    return setting_words(*(int(part) for part in parts[:3]))


def trouble_words(error: object) -> str:
    """What went wrong on the way, as a sentence; words that are not ours stay as they are."""
    return opened(sentence(error) if isinstance(error, Sentence) else str(error))


def setting_words(degrees: int | None, mode: int | None, fan: int | None) -> str:
    """Set point, mode and fan in words; what is not known is left out."""
    words = [] if degrees is None or mode == FAN_ONLY else [f"{degrees}\u00a0°C"]
    words += [str(AC_MODES[mode])] if mode is not None and mode in AC_MODES else []
    words += [str(FANS[fan])] if fan is not None and fan in FANS else []
    return ", ".join(words)


def aircon_words(aircon: Aircon) -> str:
    """What the air conditioner is assumed to do, in a few words."""
    if aircon.power is None:
        return str(_("not known"))
    if not aircon.power:
        return str(_("off"))
    return setting_words(aircon.temperature, aircon.mode, aircon.fan) or _("on")
