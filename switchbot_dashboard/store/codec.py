"""Values of a tick as JSON text and back. What cannot be read back is left out with one line in the log."""

from __future__ import annotations

import logging
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from ..domain.push import Push
from ..domain.record import Catalogue, Order, Record, ZoneState
from ..domain.sentence import Sentence

Value = TypeVar("Value")

MOST_TOLD = 1000

log = logging.getLogger(__name__)


class Codec(Generic[Value]):
    """One kind of value as text. `what` names it in the log."""

    def __init__(self, kind: type[Value], what: str) -> None:
        self._adapter = TypeAdapter(kind)
        self._what = what
        self._told: set[object] = set()

    def write(self, value: Value) -> str:
        """The value as JSON."""
        return self._adapter.dump_json(value).decode()

    def read(self, key: object, text: str) -> Value | None:
        """The value, or None for a text of an older shape or without sense; the log says so once for each text."""
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            if (told := (key, hash(text))) not in self._told:
                if len(self._told) >= MOST_TOLD:
                    self._told.clear()
                self._told.add(told)
                log.warning("[store] The %s %s cannot be read back and is left out: %s", self._what, key, _first(error))
            return None


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}"


STATE = Codec(ZoneState, "state of zone")
ORDER = Codec(Order, "order")
RECORD = Codec(Record, "record")
SENTENCE = Codec(Sentence, "outcome of the job")
CATALOGUE = Codec(Catalogue, "list of devices")
PUSH = Codec(Push, "last report of")
