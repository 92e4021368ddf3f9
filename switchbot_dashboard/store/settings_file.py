"""The user's `settings.json`: read when it changes, written without ever being half there."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from ..domain.errors import Told
from ..domain.sentence import Sentence, say
from ..domain.settings import DEFAULT_FILE, Fault, InvalidSettings, Settings, parse_settings
from ..domain.settings_diff import merged
from .atomic import Backups, NotReadable, NotWritable, Signature, cause_of, read_text, signature, write_text
from .lock import FileLock
from .settings_text import etag_of, in_order_of, laid_out

__all__ = ["Conflict", "NotWritable", "SettingsFile"]

LOCK_WAIT_SECONDS = 5.0

Change: TypeAlias = Mapping[str, Any]

log = logging.getLogger(__name__)


class Conflict(Told):
    """The settings were changed by someone else since they were read."""

    def __init__(self) -> None:
        super().__init__(
            say("The settings have changed since you opened them. Load them again and repeat your change.")
        )


@dataclass(frozen=True, slots=True)
class View:
    """What is known of the file at one moment. `text` is what stands there; `current` is what is in force."""

    current: Settings | None = None
    faults: tuple[Fault, ...] = ()
    faults_at: datetime | None = None
    text: str = ""
    warnings: tuple[Sentence, ...] = ()


class SettingsFile:
    """The settings in force, and the file they come from. Safe from threads and from several processes.

    `path` is the file, or a link to it; `backups` is a folder of our own for the texts that were in force, and for the
    lock of those who write. A file that is missing at the start is written from the defaults.
    """

    def __init__(self, path: str | Path, backups: Path, clock: Callable[[], datetime]) -> None:
        self.path = Path(path)
        self._clock = clock
        self._backups = Backups(backups)
        self._lock = FileLock(backups / "settings.lock", "settings")
        self._mutex = threading.RLock()
        self._view = View()
        self._seen: Signature | None = None
        self._settled = False
        self._good = ""  # the text that is in force
        self._zone: str | None = None  # the last time zone that meant something
        if signature(self.path) is None:
            self._write_defaults()
        self.poll()

    @property
    def current(self) -> Settings | None:
        """The settings in force; None until valid ones were seen."""
        return self._view.current

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the file as it stands; empty when it is in force."""
        return self._view.faults

    @property
    def faults_at(self) -> datetime | None:
        """When the faults were found."""
        return self._view.faults_at

    @property
    def text(self) -> str:
        """The text of the file as it stands, valid or not; empty when it cannot be read."""
        return self._view.text

    @property
    def etag(self) -> str:
        """A short name for exactly this text."""
        return etag_of(self._view.text)

    @property
    def warnings(self) -> tuple[Sentence, ...]:
        """Sentences about what is in force but perhaps not meant."""
        return self._view.warnings

    def poll(self) -> bool:
        """Look at the file, cheaply. True when what is in force has changed since the last look.

        A changed file is read at two looks running: a second edit within the clock tick of the first shows no change of
        time, nor perhaps of size.
        """
        with self._mutex:
            found = signature(self.path)
            if found == self._seen and self._settled:
                return False
            self._settled = found == self._seen
            self._seen = found
            before = self._view.current
            self._read()
            return self._view.current != before

    def replace(self, new: Change | str, if_match: str | None = None) -> Settings:
        """Put other settings in place of the file: a text as it is, or a mapping laid out as the file is.

        Returns what is in force then. Raises InvalidSettings with every fault, Conflict when `if_match` is not the
        file's etag any more, NotWritable (an OSError) when it cannot be written; nothing has changed then.
        """
        if isinstance(new, str):
            return self._change(lambda text: new, if_match)
        return self._change(lambda text: laid_out(in_order_of(_document(text, strict=False), new), text), if_match)

    def patch(self, change: Change, if_match: str | None = None) -> Settings:
        """Merge a change into the file (RFC 7396); raises as `replace` does, also while the file is not JSON."""

        def patched(text: str) -> str:
            old = _document(text, strict=True)
            new = merged(old, change)
            return text if new == old else laid_out(new, text)

        return self._change(patched, if_match)

    def backups(self) -> list[tuple[str, datetime]]:
        """The texts that were in force lately, newest first: a name for each, and when it was kept."""
        return self._backups.dated()

    def backup_text(self, stamp: str) -> str | None:
        """The text kept under a name of `backups`; None when it is there no more."""
        return self._backups.text(stamp)

    def _change(self, rewrite: Callable[[str], str], if_match: str | None) -> Settings:
        with self._mutex:
            self._take_lock()
            try:
                self._seen = None  # read it, whatever its times say: others may have written it just now
                self.poll()
                if if_match is not None and if_match.strip().removeprefix("W/").strip('"') not in ("*", self.etag):
                    raise Conflict
                missing = signature(self.path) is None
                standing = self._good if missing else self._view.text
                text = rewrite(standing)
                _check(text)
                if text != standing or missing:
                    self._keep(standing)
                    write_text(self.path, text)
                    self._seen, self._settled = signature(self.path), False
                self._adopt(text)
            finally:
                self._lock.release()
            current = self._view.current
            assert current is not None  # the text was valid
            return current

    def _take_lock(self) -> None:
        try:
            taken = self._lock.acquire(LOCK_WAIT_SECONDS)
        except OSError as error:
            raise NotWritable(
                error.errno, say("The lock of the settings cannot be taken: {why}.", why=cause_of(error))
            ) from error
        if not taken:
            words = "The settings are being written by another process, {holder}."
            raise NotWritable(None, say(words, holder=self._lock.holder()))

    def _write_defaults(self) -> None:
        text = laid_out(DEFAULT_FILE, "")
        try:
            self._take_lock()
            try:
                if signature(self.path) is None:
                    write_text(self.path, text)
                    log.info("[settings] %s was missing and is written from the defaults", self.path)
            finally:
                self._lock.release()
        except OSError as error:
            log.warning("[settings] %s is missing and cannot be written from the defaults: %s", self.path, error)
            self._adopt(text)

    def _read(self) -> None:
        try:
            text = read_text(self.path)
        except NotReadable as error:
            self._blame([Fault("", error.sentence)], "")
            return
        if text == self._view.text and (self._view.faults or self._view.current):
            return
        try:
            self._adopt(text)
        except InvalidSettings as error:
            self._blame(error.faults, text)

    def _adopt(self, text: str) -> None:
        settings, warnings = parse_settings(text), []
        if settings.timezone_known:
            self._zone = settings.timezone
        else:
            instead = self._zone or "UTC"
            words = 'The time zone "{name}" is unknown; {instead} is used instead.'
            warnings.append(say(words, name=settings.timezone, instead=instead))
            settings = settings.with_timezone(instead)
        warnings += [say('The key "{key}" means nothing here; it is kept.', key=key) for key in settings.unknown_keys()]
        for warning in warnings:
            if warning not in self._view.warnings:
                log.warning("[settings] %s", warning)
        if self._view.faults:
            log.info("[settings] %s is valid again", self.path)
        self._view = View(settings, text=text, warnings=tuple(warnings))
        self._good = text
        self._keep(text)

    def _blame(self, faults: Any, text: str) -> None:
        if tuple(faults) != self._view.faults:
            kept = "the last good settings stay in force" if self._view.current else "nothing is driven"
            log.error("[settings] %s cannot be used; %s: %s", self.path, kept, " ".join(f.message for f in faults))
        self._view = replace(self._view, faults=tuple(faults), faults_at=self._clock(), text=text)

    def _keep(self, text: str) -> None:
        try:
            self._backups.keep(text, self._clock())
        except OSError as error:
            log.warning("[settings] No backup of the settings could be written: %s", error)


def _check(text: str) -> None:
    """Raises InvalidSettings for a text that cannot be used, or cannot be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidSettings([Fault("", say("The text has half a character in it (a lone surrogate)."))]) from error
    parse_settings(text)


def _document(text: str, *, strict: bool) -> Any:
    """The JSON in a text. Where it is none: InvalidSettings when `strict`, else nothing at all."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        if not strict:
            return {}
        parse_settings(text)  # says what is wrong, with the line
        raise
