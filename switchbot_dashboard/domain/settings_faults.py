"""What is wrong with a settings text, by key and line: a fault is a sentence for the person who wrote it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .sentence import Sentence, say

MAX_CHARACTERS = 500_000
MAX_DEPTH = 20
MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: the key as a path (`time_windows[1].start`, empty for the whole file), and the line it stands on.

    `said` is the sentence, for whoever shows it in another language; `between` says what one key asks of another, for
    whoever shows it beside its field.
    """

    key: str
    said: Sentence
    line: int | None = None
    between: Sentence | None = field(default=None, compare=False)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return str(self.said)


class InvalidSettings(Exception):
    """The settings cannot be used; `faults` holds every mistake, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"line {fault.line}: {fault.message}" for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Document:
    """A settings text as values, with the line of each key."""

    values: dict[str, object]
    lines: Mapping[str, int]

    def line(self, key: str) -> int:
        """The line of a key; for one that is missing, the line of what should hold it."""
        while key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.lines[key]


def path(parts: Sequence[str | int]) -> str:
    """A place in the file as people write it: `zones[0].winter.min_temp`."""
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(steps).removeprefix(".")


def read_document(text: str) -> Document:
    """The values of a settings text. Raises InvalidSettings when it is not one JSON object with each key once."""
    text = text.removeprefix("\ufeff")  # some editors put a byte order mark in front
    if len(text) > MAX_CHARACTERS:
        words = "The settings are {count} characters long; at most {most} are read."
        raise _whole(say(words, count=len(text), most=MAX_CHARACTERS), 1)
    try:
        values = json.loads(text, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        words = "The settings are not JSON: {what} at line {line}, column {column}. Nothing after it was read."
        said = say(words, what=_plain(error.msg), line=error.lineno, column=error.colno)
        raise _whole(said, error.lineno) from None
    except RecursionError:
        raise _whole(say("The settings are nested deeper than {most} levels.", most=MAX_DEPTH), 1) from None
    scan = _Scan()
    scan.read(text)
    if not isinstance(values, dict):
        words = "The settings must be one JSON object in braces, not {kind}."
        raise _whole(say(words, kind=kind_of(values)), scan.lines[""])
    if scan.faults:
        raise InvalidSettings(scan.faults)
    return Document(values, scan.lines)


def kind_of(value: object) -> Sentence:
    """What a JSON value is, in words."""
    kinds = {
        dict: say("an object"),
        list: say("a list"),
        str: say("text"),
        bool: say("true or false"),
        type(None): say("null"),
    }
    return kinds.get(type(value), say("a number"))


def shown(value: object) -> Sentence | str:
    """A value as it stands in the file, cut to what fits a sentence; what holds others by its kind."""
    if isinstance(value, dict | list):
        return kind_of(value) if value else say("an empty object" if isinstance(value, dict) else "an empty list")
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _whole(said: Sentence, line: int) -> InvalidSettings:
    return InvalidSettings([Fault("", said, line)])


PARSER: Mapping[str, Sentence] = {
    "Expecting property name": say("a key in double quotes is expected"),
    "Expecting value": say("a value is expected"),
    "Expecting ':' delimiter": say("a colon is expected"),
    "Expecting ',' delimiter": say("a comma is expected"),
    "Illegal trailing comma": say("a comma stands after the last entry"),
    "Unterminated string": say("a text that does not end begins"),
    "Invalid control character": say("a character that a text may not hold stands"),
    "Invalid \\": say("a backslash that means nothing stands"),
    "Extra data": say("something stands after the end"),
}


def _plain(words: str) -> Sentence | str:
    """What the parser found, in our words; what it says in others as it is, begun small."""
    found = next((said for start, said in PARSER.items() if words.startswith(start)), None)
    return words[:1].lower() + words[1:] if found is None else found


def _whole_number(digits: str) -> int:
    return int(digits) if len(digits) <= MAX_DIGITS else 0  # the scan reports the long ones; none is ever converted


_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|\n|[^\s{}\[\],:"]+')


@dataclass(slots=True)
class _Level:
    """An object or a list that is open: where it stands, and what comes next in it."""

    path: str
    is_list: bool
    index: int = 0
    key: str | None = None  # the key whose value is due
    seen: dict[str, int] = field(default_factory=dict)

    def place(self) -> str:
        if self.is_list:
            return f"{self.path}[{self.index}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


@dataclass(slots=True)
class _Scan:
    """Reads the tokens of a text that is known to be JSON: the line of each place, and what the parser lets through."""

    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)
    line: int = 1

    def read(self, text: str) -> None:
        for token in self._tokens(text):
            level = self.levels[-1] if self.levels else None
            if token in "}]":
                self.levels.pop()
            elif token == ",":
                self._next(level)
            elif token == ":":
                continue
            elif level and not level.is_list and level.key is None:
                self._key(level, token)
            else:
                self._value(level.place() if level else "", token)

    def _tokens(self, text: str) -> Iterator[str]:
        for match in _TOKEN.finditer(text):
            if match[0] == "\n":
                self.line += 1
            else:
                yield match[0]

    @staticmethod
    def _next(level: _Level | None) -> None:
        if level:
            level.index, level.key = level.index + 1, None

    def _key(self, level: _Level, token: str) -> None:
        level.key = str(json.loads(token))
        if not _writable(level.key):
            self._fault(level.path, say("A key holds half a character (a lone surrogate); write the key anew."))
        elif level.key in level.seen:
            words = "{key} stands twice, on lines {first} and {second}; keep one."
            lines = {"first": level.seen[level.key], "second": self.line}
            self._fault(level.place(), say(words, key=level.place(), **lines))
        level.seen.setdefault(level.key, self.line)
        self.lines[level.place()] = self.line

    def _value(self, place: str, token: str) -> None:
        self.lines.setdefault(place, self.line)
        if token in "{[":
            if len(self.levels) >= MAX_DEPTH:
                self._deep(place)
            self.levels.append(_Level(place, token == "["))
        elif token[0] == '"':
            if "\\u" in token and not _writable(str(json.loads(token))):
                words = "{key} holds half a character (a lone surrogate); write the text anew."
                self._fault(place, say(words, key=place))
        elif token[0] in "-0123456789NI":
            self._number(place, token)

    def _number(self, place: str, token: str) -> None:
        if len(token) > MAX_DIGITS and token.lstrip("-").isdigit():
            words = "{key} is a number of {count} digits; at most {most} are read."
            self._fault(place, say(words, key=place, count=len(token), most=MAX_DIGITS))
        elif token.lstrip("-")[0] in "NI" or not math.isfinite(float(token)):
            self._fault(place, say("{key} is {found}; it must be a finite number.", key=place, found=token[:40]))

    def _deep(self, place: str) -> None:
        words = "{key}... is nested deeper than {most} levels."
        raise _whole(say(words, key=place[:60], most=MAX_DEPTH), self.line)

    def _fault(self, place: str, said: Sentence) -> None:
        self.faults.append(Fault(place, said, self.line))


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
