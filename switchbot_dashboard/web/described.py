"""What a route of the API says of itself: `@describes(...)` stands above its view, and `openapi.py` reads it.

A new route needs nothing else: its address and methods come from the routing, who may ask from its access mark, the
errors that every route shares from what it takes. The shapes of answers stand in `shapes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Schema = Mapping[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

PLACE = "_described"


@dataclass(frozen=True, slots=True)
class Query:
    """One field of the query: what it means, what it may be, what holds when it is left out."""

    name: str
    means: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Described:
    """A route in words. `answer` is a shape by its name, or a schema; None for an answer that is no JSON.

    `refuses` are the errors beyond those that every route of its kind shares; `others` answers in shapes of their own.
    """

    summary: str
    answer: str | Schema | None
    status: int = 200
    kind: str = "application/json"
    query: Sequence[Query] = ()
    path: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    body_needed: bool = False
    refuses: Sequence[int] = ()
    others: Mapping[int, str] = field(default_factory=dict)
    tagged: bool = False  # whether it has an entity tag, and answers 304


def describes(summary: str, answer: str | Schema | None = None, **more: Any) -> Callable[[View], View]:
    """Marks a view with its description; `more` is as `Described` has it."""
    described = Described(summary, answer, **more)

    def mark(view: View) -> View:
        setattr(view, PLACE, described)
        return view

    return mark


def description_of(view: object) -> Described | None:
    """What a view says of itself, if it does."""
    return getattr(view, PLACE, None)
