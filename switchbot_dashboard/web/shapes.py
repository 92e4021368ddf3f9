"""The shapes of the API's answers as JSON Schema: every key is always there, and there are no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ..domain.chart import METRICS, Granularity
from ..domain.history import Doing, Mark
from ..domain.record import Fate, Mode, Origin, Outcome, Pace, Turn
from .bodies import LARGEST_ID, MOST_ROWS
from .described import Query, Schema

TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
INSTANT: Schema = {"type": "string", "format": "date-time", "pattern": "Z$"}
DATE: Schema = {"type": "string", "format": "date"}
ANY_OBJECT: Schema = {"type": "object"}


def obj(**properties: Schema) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def maybe(schema: Schema) -> Schema:
    """The same, or null while it is not known."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(values)}


def coded(codes: type[StrEnum]) -> Schema:
    """One of the domain's codes."""
    return one_of(*(code.value for code in codes))


def ref(name: str) -> Schema:
    """A shape by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


SEASON = one_of("winter", "summer")
FIELDS: Schema = {"type": "object", "additionalProperties": TEXT, "description": "What is wrong with each field."}
SPAN: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}

READING = obj(
    temperature=maybe(NUMBER),
    humidity=maybe(WHOLE),
    battery=maybe(WHOLE),
    read_at=maybe(INSTANT),
    changed_at=maybe(INSTANT),
)
ACTION = obj(
    turn=coded(Turn),
    origin=coded(Origin),
    via=one_of("scene", "command"),
    fate=coded(Fate),
    sent_at=INSTANT,
    errors=many(TEXT),
    reason=TEXT,
)
RECORD = obj(
    id=maybe(COUNT),
    at=INSTANT,
    zone=TEXT,
    trigger=TEXT,
    season=SEASON,
    inside_window=TRUTH,
    reading=maybe(READING),
    trouble=maybe(obj(outcome=coded(Outcome), message=TEXT, since=INSTANT, retry_at=maybe(INSTANT))),
    outcome=coded(Outcome),
    explanation=TEXT,
    action=maybe(ACTION),
    calls=COUNT,
    duration_ms=COUNT,
    mode=coded(Mode),
    pace=coded(Pace),
    interval_seconds=COUNT,
    next_wake_at=INSTANT,
    next_wake_reason=TEXT,
)
FAULT = obj(key=TEXT, line=maybe(WHOLE), message=TEXT)
QUOTA = obj(
    limit=COUNT,
    used=COUNT,
    remaining=COUNT,
    reserved=COUNT,
    by_purpose={"type": "object", "additionalProperties": COUNT},
    day=DATE,
    resets_at=INSTANT,
    reset_confirmed=TRUTH,
    projected=COUNT,
    warning=TRUTH,
)
AIRCON = obj(
    assumed_power=maybe(TRUTH),
    assumed_mode=maybe(WHOLE),
    assumed_temperature=maybe(WHOLE),
    assumed_fan=maybe(WHOLE),
    last_action=maybe(coded(Turn)),
    last_action_reason=maybe(TEXT),
    last_action_at=maybe(INSTANT),
    cooldown_until=maybe(INSTANT),
    pending_off_repeat=maybe(obj(remaining=COUNT, next_run_at=INSTANT)),
)
ZONE = obj(
    id=TEXT,
    name=TEXT,
    season=SEASON,
    automation_enabled=TRUTH,
    hold_until=maybe(INSTANT),
    polling=obj(
        mode=maybe(coded(Mode)),
        pace=maybe(coded(Pace)),
        interval_seconds=maybe(COUNT),
        next_wake_at=maybe(INSTANT),
        next_wake_reason=maybe(TEXT),
    ),
    window=obj(inside=TRUTH, opened_at=maybe(INSTANT), closes_at=maybe(INSTANT), next_opens_at=maybe(INSTANT)),
    reading={
        **READING,
        "properties": {**READING["properties"], "stale": TRUTH, "stale_reason": maybe(TEXT)},
        "required": [*READING["required"], "stale", "stale_reason"],
    },
    aircon=AIRCON,
    decision=obj(outcome=maybe(coded(Outcome)), explanation=maybe(TEXT), at=maybe(INSTANT)),
)
STATE = obj(
    now=INSTANT,
    timezone=TEXT,
    source=one_of("cloud", "virtual_home"),
    scheduler=obj(
        running=TRUTH,
        driving=TRUTH,
        next_wake_at=maybe(INSTANT),
        next_wake_reason=maybe(TEXT),
        last_tick_at=maybe(INSTANT),
        last_tick_trigger=maybe(TEXT),
        last_tick_duration_ms=maybe(COUNT),
        ticks_total=COUNT,
        ticks_failed=COUNT,
    ),
    zones=many(ref("Zone")),
    quota=ref("Quota"),
    settings_error=maybe(obj(at=maybe(INSTANT), faults=many(ref("Fault")))),
    last_error=maybe(obj(message=TEXT, at=INSTANT)),
    alerts=obj(active=COUNT, unread=COUNT),
)
JOB = obj(
    id=TEXT,
    name=TEXT,
    next_run_time=maybe(INSTANT),
    last_run_at=maybe(INSTANT),
    last_outcome=maybe(TEXT),
    enabled=TRUTH,
)
SCHEDULER = obj(
    running=TRUTH,
    driving=TRUTH,
    next_wake_at=maybe(INSTANT),
    next_wake_reason=maybe(TEXT),
    jobs=many(ref("Job")),
)
WAKE = {"zone": TEXT, "mode": coded(Mode), "pace": coded(Pace), "reason": TEXT}
RUN_ENDS = {"from": INSTANT, "to": INSTANT}
RUN = obj(**RUN_ENDS, count=COUNT, every_seconds=maybe(NUMBER), **WAKE, calls_each=COUNT)
CROSSING = obj(
    zone=TEXT,
    at=INSTANT,
    earliest=INSTANT,
    latest=maybe(INSTANT),
    threshold=NUMBER,
    turn=one_of("on", "off"),
    reason=TEXT,
)
FORECAST = obj(
    start=INSTANT,
    end=INSTANT,
    wakes=many(obj(at=INSTANT, **WAKE, calls=COUNT)),
    wakes_total=COUNT,
    wakes_listed_until=INSTANT,
    runs=many(RUN),
    calls_total=COUNT,
    calls_by_hour=many(obj(hour=INSTANT, calls=COUNT)),
    windows=many(obj(zone=TEXT, opens_at=INSTANT, closes_at=INSTANT, warmup_from=maybe(INSTANT))),
    crossings=many(CROSSING),
    limit=COUNT,
    used=COUNT,
    resets_at=INSTANT,
    quota_at_reset=WHOLE,
)
DEVICE = obj(id=TEXT, name=TEXT, type=TEXT, infrared=TRUTH, hub=TEXT, cloud_enabled=maybe(TRUTH), fetched_at=INSTANT)
COLUMN = many(maybe(NUMBER))
HISTORY = obj(
    zone=TEXT,
    start=INSTANT,
    end=INSTANT,
    now=INSTANT,
    timezone=TEXT,
    granularity=coded(Granularity),
    times=many(NUMBER),
    windows=many(SPAN),
    running=many(obj(start=NUMBER, end=NUMBER, doing=coded(Doing), seconds=NUMBER)),
    marks=many(obj(id=COUNT, at=NUMBER, kind=coded(Mark), turn=maybe(coded(Turn)), outcome=coded(Outcome))),
    marks_left_out=COUNT,
    windows_left_out=TRUTH,
)
HISTORY_COLUMNS: Schema = {**HISTORY, "properties": {**HISTORY["properties"], **dict.fromkeys(METRICS, COLUMN)}}
AMOUNTS = ("in_band_minutes", "in_band_share", "minutes_on", "minutes_heating", "minutes_cooling", "minutes_fan")
THREE = obj(min=maybe(NUMBER), max=maybe(NUMBER), mean=maybe(NUMBER))
AGGREGATES = obj(
    zone=TEXT,
    period_hours=COUNT,
    start=INSTANT,
    end=INSTANT,
    covered_minutes=NUMBER,
    covered_share=maybe(NUMBER),
    temperature=THREE,
    humidity=THREE,
    **dict.fromkeys(AMOUNTS, maybe(NUMBER)),
    **dict.fromkeys(("starts", "calls", "commands", "errors"), COUNT),
)
ROW = obj(
    at=INSTANT,
    zone=TEXT,
    temperature=maybe(NUMBER),
    humidity=maybe(WHOLE),
    low=maybe(NUMBER),
    high=maybe(NUMBER),
    doing=maybe(coded(Doing)),
    inside_window=TRUTH,
    outcome=coded(Outcome),
    mode=coded(Mode),
    pace=coded(Pace),
    trigger=TEXT,
    action=maybe(coded(Turn)),
    error=maybe(TEXT),
    calls=COUNT,
    duration_ms=COUNT,
    id=COUNT,
)
EXPORT_SUMS = ("temperature_min", "temperature_max", "heating", "cooling", "fan", "commands", "errors")
EXPORT = obj(
    **{
        name: schema if name in ("at", "zone") or schema.get("anyOf") else maybe(schema)
        for name, schema in ROW["properties"].items()
        if name != "humidity"
    },
    humidity=maybe(NUMBER),
    granularity=coded(Granularity),
    **dict.fromkeys(EXPORT_SUMS, maybe(NUMBER)),
)
ERROR = obj(error=TEXT, message=TEXT, fields=FIELDS)
HEALTH: Schema = {
    "type": "object",
    "properties": {
        "status": one_of("ok", "failing", "ready", "not_ready"),
        "error": TEXT,
        "message": TEXT,
        "fields": FIELDS,
        "scheduler_running": TRUTH,
        "driving": TRUTH,
        "last_tick_at": maybe(INSTANT),
        "next_wake_at": maybe(INSTANT),
        "version": TEXT,
        "database": TEXT,
        "faults": many(ref("Fault")),
    },
    "required": ["status"],
    "additionalProperties": False,
    "description": "Those who are not logged in learn `status` alone.",
}
SHAPES: Mapping[str, Schema] = {
    "Error": ERROR,
    "Fault": FAULT,
    "Health": HEALTH,
    "State": STATE,
    "Zone": ZONE,
    "Quota": QUOTA,
    "Record": RECORD,
    "Records": many(ref("Record")),
    "Acted": obj(record=maybe(ref("Record")), records=many(ref("Record")), calls=COUNT, hold_until=maybe(INSTANT)),
    "Job": JOB,
    "Scheduler": SCHEDULER,
    "Forecast": FORECAST,
    "Devices": many(DEVICE),
    "Scenes": many(obj(id=TEXT, name=TEXT, fetched_at=INSTANT)),
    "History": HISTORY_COLUMNS,
    "Aggregates": AGGREGATES,
    "Rows": many(ROW),
    "Exports": many(EXPORT),
    "Words": obj(facts=many({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2})),
    "Object": ANY_OBJECT,
}

# Fields of the query that several routes take


def number_asked(name: str, means: str, default: int | None, low: int, high: int) -> Query:
    """A whole number of the query."""
    usual: Mapping[str, Any] = {} if default is None else {"default": default}
    return Query(name, means, {"type": "integer", "minimum": low, "maximum": high, **usual})


def words_asked(name: str, means: str, words: Sequence[str]) -> Query:
    """One of a few words."""
    return Query(name, means, one_of(*words))


ZONE_ASKED = Query("zone", "A zone by its id.", {"type": "string", "maxLength": 100})
RANGE_ASKED = (
    Query("start", "First instant or date; without an offset by the home's clock.", TEXT),
    Query("end", "The first instant or date after the range; left out: now.", TEXT),
)
PAGED = (
    number_asked("limit", "How many at most.", 100, 1, MOST_ROWS),
    number_asked("before", "Those older than the record of this id.", None, 1, LARGEST_ID),
)
