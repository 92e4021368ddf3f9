"""What a message that a person schedules must look like, each fault in a sentence. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .message import LONGEST_TITLE, Priority
from .sentence import Sentence, say

LONGEST_BODY, LONGEST_DATA = 20_000, 10_000  # characters
MOST_RECIPIENTS = 20_000
LONGEST = {"type": 40, "related_object_type": 50, "related_object_id": 100}
PRIORITIES = ", ".join(Priority)


def faults_of(
    title: str,
    message: str,
    priority: str,
    texts: Mapping[str, str],
    data: Mapping[str, object] | None,
    recipients: int,
) -> dict[str, Sentence]:
    """A sentence for each field that cannot be used. `texts` are those that `LONGEST` names."""
    faults: dict[str, Sentence] = {}
    if not title.strip():
        faults["title"] = say("A title is missing.")
    elif len(plain(title)) > LONGEST_TITLE:
        faults["title"] = _too_long(len(plain(title)), LONGEST_TITLE)
    if not message.strip():
        faults["message"] = say("A message is missing.")
    elif len(message) > LONGEST_BODY:
        faults["message"] = _too_long(len(message), LONGEST_BODY)
    if priority not in list(Priority):
        faults["priority"] = say("The priority must be one of: {known}.", known=PRIORITIES)
    for name, text in texts.items():
        if len(text) > LONGEST[name]:
            faults[name] = _too_long(len(text), LONGEST[name])
    if not texts["type"].strip():
        faults["type"] = say("A type is missing; leave the field out for {usual}.", usual="system")
    if (why := _data_fault(data)) is not None:
        faults["data"] = why
    if recipients > MOST_RECIPIENTS:
        faults["recipients"] = say("No more than {most:count} recipients at a time.", most=MOST_RECIPIENTS)
    return faults


def plain(title: str) -> str:
    """A title on one line."""
    return " ".join("".join(each if each.isprintable() else " " for each in title).split())


def _too_long(length: int, most: int) -> Sentence:
    return say("This has {length:count} characters; {most:count} fit.", length=length, most=most)


def _data_fault(data: Mapping[str, object] | None) -> Sentence | None:
    try:
        length = len(json.dumps(dict(data or {}), allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return say("The data must be an object of JSON.")
    return _too_long(length, LONGEST_DATA) if length > LONGEST_DATA else None
