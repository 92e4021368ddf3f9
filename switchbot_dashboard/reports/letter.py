"""The week as a letter: a subject, a text for those who read none of the rest, and HTML with pictures by content id.

Mail clients know tables and inline style; the style sheet only turns colours for those who read in the dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from ..domain.sentence import Sentence, say
from .week import BATTERY_LOW, Overdue, Report, ZoneReport, changes

MOST = 10  # alerts and reminders that are listed
INK, MUTED, LINE, GROUND, CARD, WARN = "#1b1f24", "#57606a", "#d8dee4", "#eef1f4", "#ffffff", "#9a3412"
FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
DARK = (
    "@media (prefers-color-scheme: dark){.ground{background:#0f1317!important}.card{background:#1a2027!important}"
    ".ink{color:#e6eaee!important}.muted{color:#9aa5b1!important}.warn{color:#fdba74!important}"
    ".line{border-color:#313a44!important}.link{color:#7cc4ff!important}}"
)
UNKNOWN = "–"


class Reader(Protocol):
    """A language, as `translations.voice.Voice` is one."""

    @property
    def language(self) -> str: ...

    def sentence(self, said: Sentence) -> str: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: `subject` is a sentence so that lists show it in any language."""

    subject: Sentence
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its name, and what it was the week before (empty where that is not known)."""

    name: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class Part:
    """A section: figures, a picture by its content id with its words, and lines."""

    title: str
    rows: Sequence[Row] = ()
    picture: str = ""
    picture_says: str = ""
    lines: Sequence[str] = ()
    warns: bool = False


def picture_of(zone: ZoneReport | None, place: int = 0) -> str:
    """The content id of a zone's picture, by its place; of the calls' without a zone."""
    return "calls" if zone is None else f"zone-{place + 1}"


def subject_of(report: Report) -> Sentence:
    """The subject: the week, and what it comes to."""
    total, start, end = report.total, report.week.monday_noon, report.week.sunday_noon
    if total.comfort is None or total.ran is None:
        return say("Your week at home, {start:day} to {end:day}", start=start, end=end)
    words = "Your week at home, {start:day} to {end:day}: {comfort} % in comfort, air conditioning for {ran:span}"
    return say(words, start=start, end=end, comfort=total.comfort, ran=total.ran)


def write(report: Report, reader: Reader, *, pictures: Iterable[str] = (), public_url: str = "") -> Letter:
    """The letter in the reader's language. `pictures` are the content ids that will be there."""
    subject = subject_of(report)
    heading = reader.sentence(say("Your week at home, {start:day} to {end:day}", **_edges(report)))
    parts = _parts(report, reader, set(pictures))
    foot = reader.sentence(FOOT)
    link = reader.sentence(say("Open the history")) if public_url else ""
    url = f"{public_url}/history" if public_url else ""
    text = _text(heading, parts, foot, _named(link, url, reader) if link else "", reader)
    return Letter(subject, text, _html(reader.language, heading, parts, foot, link, url))


FOOT = say("This comes once a week. Whether and how you are told is up to you, on your own page of the dashboard.")


def _edges(report: Report) -> dict[str, int]:
    return {
        name: round(at.timestamp())
        for name, at in (("start", report.week.monday_noon), ("end", report.week.sunday_noon))
    }


def _parts(report: Report, reader: Reader, pictures: set[str]) -> list[Part]:
    found = [_zone(zone, place, reader, pictures) for place, zone in enumerate(report.zones)]
    found.append(_calls(report, reader, pictures))
    found.append(_alerts(report, reader))
    found.append(_overdue(report.overdue, reader))
    if report.batteries:
        found.append(_batteries(report, reader))
    found.append(Part(reader.sentence(say("Compared with the week before")), lines=_compared(report, reader)))
    return found


def _compared(report: Report, reader: Reader) -> list[str]:
    if all(zone.before.ran is None for zone in report.zones):
        return [reader.sentence(say("Nothing is known of the week before."))]
    different = [reader.sentence(each) for each in changes(report)]
    return different or [reader.sentence(say("Nothing much was different."))]


def _zone(zone: ZoneReport, place: int, reader: Reader, pictures: set[str]) -> Part:
    comfort = say("Time in comfort, in windows") if zone.windows else say("Time in comfort, day and night")
    rows = (
        (comfort, _percent, "comfort"),
        (say("Air conditioner on"), _span, "ran"),
        (say("Starts"), _count, "starts"),
        (say("Mean temperature"), _temp, "mean"),
    )
    picture = picture_of(zone, place)
    words = "The temperature of the week in {zone}, its comfort band, and when the air conditioner ran"
    return Part(
        zone.name,
        [
            Row(
                reader.sentence(name),
                form(getattr(zone.now, key), reader),
                _was(form, getattr(zone.before, key), reader),
            )
            for name, form, key in rows
        ],
        picture if picture in pictures else "",
        reader.sentence(say(words, zone=zone.name)),
    )


def _calls(report: Report, reader: Reader, pictures: set[str]) -> Part:
    now, before = report.calls, report.calls_before
    rows = [
        Row(
            reader.sentence(say("Spent")),
            _count(now.spent, reader),
            _was(_count, before.spent if before else None, reader),
        ),
        Row(
            reader.sentence(say("Saved, against looking at every set interval")),
            _count(now.saved, reader),
            _was(_count, before.saved if before else None, reader),
        ),
    ]
    says = reader.sentence(say("The calls of each day of the week"))
    picture = picture_of(None)
    return Part(reader.sentence(say("Calls to the cloud")), rows, picture if picture in pictures else "", says)


def _alerts(report: Report, reader: Reader) -> Part:
    title = reader.sentence(say("Alerts"))
    if not report.alerts:
        return Part(title, lines=[reader.sentence(say("None was raised."))])
    lines = [
        reader.sentence(say("{at:date}: {what}.", at=each.at, what=each.sentence)) for each in report.alerts[:MOST]
    ]
    return Part(title, lines=_and_more(lines, len(report.alerts), reader), warns=True)


def _overdue(overdue: Sequence[Overdue], reader: Reader) -> Part:
    title = reader.sentence(say("Overdue reminders"))
    if not overdue:
        return Part(title, lines=[reader.sentence(say("None: everything is done."))])
    words = "{title}, due {at:date} ({who})"
    lines = [reader.sentence(say(words, title=each.title, at=each.due_at, who=each.who)) for each in overdue[:MOST]]
    return Part(title, lines=_and_more(lines, len(overdue), reader), warns=True)


def _batteries(report: Report, reader: Reader) -> Part:
    lines = []
    for name, percent in report.batteries:
        words = "{zone}: {percent} %, change it soon" if percent <= BATTERY_LOW else "{zone}: {percent} %"
        lines.append(reader.sentence(say(words, zone=name, percent=percent)))
    low = any(percent <= BATTERY_LOW for _, percent in report.batteries)
    return Part(reader.sentence(say("Batteries")), lines=lines, warns=low)


def _and_more(lines: list[str], count: int, reader: Reader) -> list[str]:
    more = count - len(lines)
    return [*lines, reader.sentence(say("and {count:count} more", count=more))] if more else lines


def _percent(value: int | None, reader: Reader) -> str:
    return UNKNOWN if value is None else reader.sentence(say("{percent} %", percent=value))


def _span(value: int | None, reader: Reader) -> str:
    return UNKNOWN if value is None else reader.sentence(say("{length:span}", length=value))


def _count(value: int | None, reader: Reader) -> str:
    return UNKNOWN if value is None else reader.sentence(say("{count:count}", count=value))


def _temp(value: int | None, reader: Reader) -> str:
    return UNKNOWN if value is None else reader.sentence(say("{mean:temp}", mean=value))


def _was(form: Callable[[int | None, Reader], str], value: int | None, reader: Reader) -> str:
    return "" if value is None else reader.sentence(say("before: {was}", was=form(value, reader)))


def _named(name: str, value: str, reader: Reader) -> str:
    return reader.sentence(say("{name}: {value}", name=name, value=value))


def _text(heading: str, parts: Sequence[Part], foot: str, link: str, reader: Reader) -> str:
    lines = [heading]
    for part in parts:
        lines += ["", part.title]
        lines += [
            f"- {_named(row.name, row.value, reader)}" + (f" ({row.before})" if row.before else "") for row in part.rows
        ]
        lines += [f"- {line}" for line in part.lines]
    return "\n".join([*lines, "", *([link] if link else []), foot])


def _html(language: str, heading: str, parts: Sequence[Part], foot: str, link: str, url: str) -> str:
    go = f'<a class="link" href="{escape(url)}" style="color:#0b6e6e">{escape(link)}</a><br>' if link else ""
    body = "".join(map(_card, parts))
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(heading)}</title><style>{DARK}</style></head>"
        f'<body class="ground" style="margin:0;padding:0;background:{GROUND};{FONT}">'
        f'<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" '
        f'style="background:{GROUND}"><tr><td align="center" style="padding:16px 8px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px">'
        f'<tr><td style="padding:8px 4px 16px"><h1 class="ink" style="margin:0;font-size:22px;color:{INK}">'
        f"{escape(heading)}</h1></td></tr>{body}"
        f'<tr><td class="muted" style="padding:8px 4px;font-size:13px;line-height:1.5;color:{MUTED}">{go}{escape(foot)}'
        "</td></tr></table></td></tr></table></body></html>"
    )


def _card(part: Part) -> str:
    rows = "".join(map(_row, part.rows))
    table = f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">{rows}</table>' if rows else ""
    picture = (
        f'<img src="cid:{escape(part.picture)}" alt="{escape(part.picture_says)}" width="560" '
        'style="display:block;width:100%;max-width:560px;height:auto;margin:12px 0 0;border:0;border-radius:6px">'
        if part.picture
        else ""
    )
    name, colour = ("warn", WARN) if part.warns else ("ink", INK)
    items = "".join(f'<li style="margin:0 0 4px">{escape(line)}</li>' for line in part.lines)
    listed = (
        f'<ul class="{name}" style="margin:8px 0 0;padding:0 0 0 18px;font-size:15px;line-height:1.5;color:{colour}">'
        f"{items}</ul>"
        if items
        else ""
    )
    return (
        '<tr><td style="padding:0 0 12px"><table role="presentation" class="card" width="100%" cellpadding="0" '
        f'cellspacing="0" style="background:{CARD};border-radius:10px"><tr><td style="padding:16px">'
        f'<h2 class="ink" style="margin:0 0 4px;font-size:17px;color:{INK}">{escape(part.title)}</h2>'
        f"{table}{picture}{listed}</td></tr></table></td></tr>"
    )


def _row(row: Row) -> str:
    cell = f"padding:6px 0;border-bottom:1px solid {LINE};font-size:15px;vertical-align:top"
    was = (
        f'<br><span class="muted" style="font-size:13px;color:{MUTED}">{escape(row.before)}</span>'
        if row.before
        else ""
    )
    return (
        f'<tr><th scope="row" class="muted line" align="left" style="{cell};font-weight:normal;color:{MUTED}">'
        f'{escape(row.name)}</th><td class="ink line" align="right" style="{cell};padding-left:12px;color:{INK}">'
        f"<strong>{escape(row.value)}</strong>{was}</td></tr>"
    )
