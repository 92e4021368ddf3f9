"""JSON bodies kept small: what every record says in the same words stands once, in a dictionary of this module."""

from __future__ import annotations

import zlib

from sqlalchemy import Dialect, LargeBinary, TypeDecorator

MARK = b"\x01"  # of the first dictionary; a plain JSON text begins with a brace
LEVEL = 4

# Part of the format: rows of years are read with it, so it is never edited. Another one needs another MARK. What is
# met most stands last, where zlib names it in the fewest bits.
DICTIONARY = (
    b'"trouble":{"outcome":"api_error","sentence":{"template":"{words}","figures":{"words":"The cloud"}},"since":"2026-'
    b'"retry_at":"2026-"outcome":"stale_reading""outcome":"quota_exhausted""outcome":"invalid_temperature"'
    b'"action":{"order":{"id":"home-","zone":"home","turn":"off","origin":"window_end","steps":[{"scene":"","device":"",'
    b'"command":"turnOff","parameter":"default","repeatable":true},{"scene":"","device":"","command":"setAll",'
    b'"parameter":"23,5,3,on","repeatable":true}],"then":{"power":false,"reason":{"template":"","figures":{'
    b'"decided_at":"2026-","leave_at":"2026-","skipped":[]},"fate":"done","step":{"scene":"","device":"","sent_at":'
    b'"errors":[],"retry_at":null},"outcome":"turned_off_outside_window""outcome":"winter_off""outcome":"winter_on"'
    b'"outcome":"summer_on""outcome":"summer_off""outcome":"fan_on""outcome":"cooldown""outcome":"held"'
    b'"template":"No window is open any more: off""outcome":"already_off""outcome":"no_action","sentence":{"template":'
    b'"{now:temp} is between {cold:temp} and {warm:temp}: nothing to change","figures":{"now":208,"cold":197,"warm":223'
    b'"{now:temp} is at or above {limit:temp} ({bound:gap} plus {slack:gap}): heating off"'
    b'"template":"the window opens at {edge:time}""template":"the window closes at {edge:time}","figures":{"edge":17'
    b'"template":"the warm-up for {opens:time} begins""template":"a window opens soon""mode":"warmup"'
    b'"template":"{why}: every {interval:span}, stretched to spare the day\'s calls""pace":"budget""pace":"predicted"'
    b'{"zone":"home","at":"2026-11-18T16:40:00Z","trigger":"rehearsal","season":"summer","inside_window":false,'
    b'"outcome":"outside_window","sentence":{"template":"No window is open; the next opens {opens:when}.","figures":{'
    b'"opens":17"power":false,"mode":null,"temperature":null,"fan":null,"template":"no window is open","figures":{}},'
    b'"interval":300}},"mode":"idle","pace":"table","interval_seconds":300,"looked":false,"battery":null'
    b'{"zone":"home","at":"2026-11-18T16:40:00.123456Z","trigger":"scheduler","season":"winter","inside_window":true,'
    b'"looked":true,"reading":{"tenths":200,"humidity":52,"battery":100,"read_at":"2026-11-18T16:40:00Z","changed_at":'
    b'"2026-11-18T16:40:00Z"},"trouble":null,"verdict":{"outcome":"already_on","sentence":{"template":'
    b'"{why}, as it is already since {since:time}","figures":{"why":{"template":'
    b'"{now:temp} is at or below {limit:temp} ({bound:gap} less {slack:gap}): heating on","figures":{"now":195,'
    b'"limit":197,"bound":200,"slack":3}},"since":1795019400}},"at":"2026-11-18T16:40:00Z"},"aircon":{"power":true,'
    b'"mode":5,"temperature":23,"fan":3,"since":"2026-11-18T16:30:00Z","status_read_at":null},"action":null,"calls":1,'
    b'"duration_ms":0,"wake":{"at":"2026-11-18T16:40:15Z","reason":{"template":"{why}: every {interval:span}",'
    b'"figures":{"why":{"template":"a window is open","figures":{}},"interval":15}},"mode":"in_window","pace":"table",'
    b'"interval_seconds":15,"look_at":"2026-11-18T16:40:15Z"},"band":{"low":200,"high":220,"slack":3},"fresh":true,'
    b'"id":null}'
)


class Packed(TypeDecorator[str]):
    """A JSON text, kept compressed. Rows from before it was compressed are read as they are."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else packed(value)

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> str | None:
        return None if value is None else unpacked(value)


def packed(text: str) -> bytes:
    """The text in the fewest bytes that one row by itself allows."""
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=DICTIONARY)
    return MARK + press.compress(text.encode()) + press.flush()


def unpacked(body: bytes | str) -> str:
    """The text again; empty, which no reader takes for a record, where the bytes make no sense."""
    if isinstance(body, str):
        return body
    if not body.startswith(MARK):
        return bytes(body).decode(errors="replace")
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS, zdict=DICTIONARY).decompress(body[1:]).decode()
    except (zlib.error, UnicodeDecodeError):
        return ""
