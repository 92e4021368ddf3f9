"""The history as columns for a chart, as sums, as rows and as files. Reads only: nothing here costs a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from ..domain.chart import METRICS, MOST_POINTS, STEPS, Granularity, ms, that_fits, usual_metrics
from ..domain.windows import Span, Window, spans_between
from .access import member, service
from .bodies import LARGEST_ID, MOST_ROWS, whole
from .described import Query, describes
from .errors import Refusal
from .history_view import (
    IN_STEPS,
    aggregates_view,
    csv_lines,
    data_view,
    json_lines,
    raw_export,
    row_view,
    step_exports,
)
from .service import History
from .shapes import PAGED, RANGE_ASKED, TEXT, ZONE_ASKED, number_asked, words_asked
from .typed_times import instant_typed, no_date, range_fault
from .views import View, iso

history_api = Blueprint("history_api", __name__)

MOST_HOURS = 87_840
MOST_MARKS = 500
GRANULARITY_ASKED = words_asked("granularity", "How fine; auto: as fine as a chart shows.", ["auto", *Granularity])
METRICS_ASKED = Query("metrics", f"Columns, with commas between: {', '.join(METRICS)}.", TEXT)
AT_ONCE = timedelta(days=7)
EXPORT_STEP = words_asked(
    "granularity", "How fine; auto: every record, and averages where records are kept no more.", ["auto", *Granularity]
)
EXPORTED = (*RANGE_ASKED, ZONE_ASKED, EXPORT_STEP)
MOST_WINDOWS = 500

Faults = dict[str, str]


@dataclass(frozen=True, slots=True)
class Range:
    """What a request asks about: a zone (None: all of them) and a time."""

    zone: str | None
    start: datetime
    end: datetime


@history_api.get("/history/api/data")
@member
@describes(
    "Columns for a chart: instants and values, running times, marks, windows.",
    "History",
    query=(*RANGE_ASKED, ZONE_ASKED, GRANULARITY_ASKED, METRICS_ASKED),
)
def data() -> Response:
    faults: Faults = {}
    asked = _range(faults, timedelta(days=1))
    metrics, wanted = _metrics(faults), _granularity(faults)
    zone = _zone(faults) or ""
    _refuse(faults)
    history, now, tz = _history(), service().clock(), _tz()
    finest = wanted or history.granularity(zone, asked.start, min(asked.end, now))
    _not_too_many(zone, asked, finest)
    series = history.series(zone, asked.start, asked.end, finest, metrics or usual_metrics(finest), now=now, tz=tz)
    marks, left_out = history.marks(zone, asked.start, asked.end, MOST_MARKS)
    spans, spans_left_out = _windows(zone, asked, finest, now, tz)
    view = data_view(series, marks, spans)
    head = {
        "zone": zone,
        "start": iso(asked.start),
        "end": iso(asked.end),
        "now": iso(now),
        "timezone": str(tz),
        "granularity": series.granularity.value,
    }
    return jsonify({**head, **view, "marks_left_out": left_out, "windows_left_out": spans_left_out})


@history_api.get("/history/api/aggregates")
@member
@describes(
    "What a time adds up to, weighted by time.",
    "Aggregates",
    query=(number_asked("period_hours", "How far back.", 24, 1, MOST_HOURS), ZONE_ASKED),
)
def aggregates() -> Response:
    faults: Faults = {}
    hours = whole("period_hours", 24, 1, MOST_HOURS, faults) or 24
    zone = _zone(faults) or ""
    _refuse(faults)
    now = service().clock()
    summary = _history().summary(zone, now - timedelta(hours=hours), now, now=now)
    return jsonify({"zone": zone, "period_hours": hours, **aggregates_view(summary)})


@history_api.get("/history/api/latest")
@member
@describes("The newest records as rows.", "Rows", query=(*PAGED, ZONE_ASKED))
def latest() -> Response:
    faults: Faults = {}
    limit = whole("limit", 100, 1, MOST_ROWS, faults) or MOST_ROWS
    before = whole("before", None, 1, LARGEST_ID, faults)
    zone = _zone(faults, all_zones=True)
    _refuse(faults)
    return jsonify([row_view(row) for row in _history().latest(zone=zone, before=before, limit=limit)])


@history_api.get("/history/export.csv")
@member
@describes("The history as CSV.", query=EXPORTED, kind="text/csv")
def export_csv() -> Response:
    asked, wanted = _export()
    return _file(csv_lines(_exports(asked, wanted)), "text/csv", asked, "csv")


@history_api.get("/history/export.json")
@member
@describes("The history as JSON, oldest first.", "Exports", query=EXPORTED)
def export_json() -> Response:
    asked, wanted = _export()
    return _file(json_lines(_exports(asked, wanted)), "application/json", asked, "json")


def _history() -> History:
    return service().memory.history


def _tz() -> ZoneInfo:
    current = service().settings.current
    return current.tz if current else ZoneInfo("UTC")


def _refuse(faults: Faults) -> None:
    if faults:
        raise Refusal(422, fields=faults)


def _export() -> tuple[Range, Granularity | None]:
    faults: Faults = {}
    asked, wanted = _range(faults, timedelta(days=30)), _granularity(faults)
    zone = _zone(faults, all_zones=True)
    _refuse(faults)
    return Range(zone, asked.start, asked.end), wanted


def _exports(asked: Range, wanted: Granularity | None) -> Iterator[View]:
    """The lines of an export: averages where they are asked for or the records are gone, else the records."""
    history, now, tz = _history(), service().clock(), _tz()
    step = wanted if wanted not in (None, Granularity.RAW) else Granularity.FIVE_MINUTES
    until = asked.start if wanted is Granularity.RAW else min(asked.end, now) if wanted else history.raw_from()
    middle = min(max(until, asked.start), asked.end)
    return chain(
        _averages(history, Range(asked.zone, asked.start, middle), step or Granularity.FIVE_MINUTES, now, tz),
        (raw_export(row) for row in history.rows(asked.zone, middle, asked.end) if wanted in (None, Granularity.RAW)),
    )


def _averages(history: History, asked: Range, step: Granularity, now: datetime, tz: ZoneInfo) -> Iterator[View]:
    """Averages of a range, some days at a time, each beginning where a day begins."""
    begins = asked.start
    while begins < asked.end:
        midnight = datetime.combine((begins + AT_ONCE).astimezone(tz).date(), time(0), tz).astimezone(UTC)
        ends = min(midnight, asked.end)
        for zone in [asked.zone] if asked.zone else history.zones():
            yield from step_exports(zone, history.series(zone, begins, ends, step, IN_STEPS, now=now, tz=tz))
        begins = ends


def _file(lines: Iterable[str], kind: str, asked: Range, ending: str) -> Response:
    """A file that is sent as it is read, with a name that says what is in it."""
    days = f"{asked.start.astimezone(_tz()):%Y-%m-%d}-{asked.end.astimezone(_tz()):%Y-%m-%d}"
    answer = Response(lines, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="history-{asked.zone or "all"}-{days}.{ending}"'
    return answer


def _zone(faults: Faults, *, all_zones: bool = False) -> str | None:
    """The zone asked for: one in the settings, or one of the past of which something is kept."""
    current = service().settings.current
    known = [zone.id for zone in current.all_zones] if current else []
    wanted = request.args.get("zone") or None
    if wanted is None and all_zones:
        return None
    if wanted in known or (wanted is None and known):
        return wanted or known[0]
    kept = [zone for zone in _history().zones() if zone not in known]
    if wanted in kept or wanted is None:
        return wanted or (kept[0] if kept else "home")
    faults["zone"] = _(
        "There is no zone called %(zone)s; there are: %(zones)s.", zone=repr(wanted[:40]), zones=", ".join(known + kept)
    )
    return None


def _range(faults: Faults, usual: timedelta) -> Range:
    now = service().clock()
    end = _instant("end", faults) or now
    start = _instant("start", faults) or end - usual
    if "start" not in faults and "end" not in faults and (fault := range_fault(start, end)):
        faults["start"] = fault
    return Range(None, start, end)


def _instant(name: str, faults: Faults) -> datetime | None:
    """An instant of the query; without an offset it is meant on the home's clock, a date is its first moment."""
    text = request.args.get(name)
    if not text:
        return None
    found = instant_typed(text, _tz())
    if found is None:
        faults[name] = no_date(text)
    return found


def _granularity(faults: Faults) -> Granularity | None:
    text = request.args.get("granularity") or "auto"
    if text == "auto":
        return None
    if text in list(Granularity):
        return Granularity(text)
    faults["granularity"] = _(
        "%(text)s is no granularity; there are %(known)s.", text=repr(text[:40]), known=", ".join(Granularity)
    )
    return None


def _metrics(faults: Faults) -> Sequence[str]:
    """Those asked for, by name, with commas between; none: the usual ones."""
    names = [name.strip() for text in request.args.getlist("metrics") for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        faults["metrics"] = _(
            "%(text)s is no metric; there are %(known)s.", text=repr(unknown[0][:40]), known=", ".join(METRICS)
        )
    return tuple(dict.fromkeys(names))


def _not_too_many(zone: str, asked: Range, finest: Granularity) -> None:
    """Refuse what no browser can draw, and name what fits."""
    start, end = ms(asked.start), ms(asked.end)
    if finest is Granularity.RAW:
        many = _history().raw_count(zone, asked.start, asked.end, MOST_POINTS) > MOST_POINTS
    else:
        many = (end - start) / STEPS[finest] > MOST_POINTS
    if many:
        words = _(
            "This range holds more than %(most)s points of %(asked)s; %(fits)s fits.",
            most=f"{MOST_POINTS:,}".replace(",", " "),
            asked=finest.value,
            fits=that_fits(start, end).value,
        )
        raise Refusal(422, fields={"granularity": words})


def _windows(zone: str, asked: Range, finest: Granularity, now: datetime, tz: ZoneInfo) -> tuple[Sequence[Span], bool]:
    """When windows were open by the records, and will be by the settings; whether that is too much to be drawn."""
    many = _history().raw_count(zone, asked.start, asked.end, MOST_POINTS) > MOST_POINTS  # too many to look through
    if many or finest is Granularity.DAY:
        return (), True
    spans = list(_history().inside(zone, asked.start, asked.end, now=now))
    if asked.end > now:
        coming = spans_between(_configured(zone), tz, max(asked.start, now), asked.end)
        if spans and coming and spans[-1].closes == coming[0].opens:
            spans[-1], coming = Span(spans[-1].opens, coming[0].closes), coming[1:]
        spans += coming
    return (spans, False) if len(spans) <= MOST_WINDOWS else ((), True)


def _configured(zone: str) -> Sequence[Window]:
    """The windows of the settings in force."""
    current = service().settings.current
    return next((each.windows for each in current.all_zones if each.id == zone), ()) if current else ()
