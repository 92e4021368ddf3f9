"""What an answer of the cloud means."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.errors import (
    CloudError,
    CredentialsRefused,
    NotUnderstood,
    QuotaSpent,
    Refused,
    Throttled,
    Unreachable,
)
from switchbot_dashboard.switchbot.answers import Answer, body_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def envelope(code: int, message: str = "") -> bytes:
    return f'{{"statusCode":{code},"message":"{message}","body":{{}}}}'.encode()


@pytest.mark.parametrize(
    ("status", "content", "kind", "code", "words"),
    [
        (401, b'{"message":"Unauthorized"}', CredentialsRefused, "http_401", "token and secret"),
        (401, b'{"message":"daily limit"}', QuotaSpent, "http_401", "used up"),
        (403, b'{"message":"Forbidden"}', Refused, "http_403", "not the cause"),
        (429, b'{"message":"Too Many Requests"}', Throttled, "http_429", "too many calls"),
        (429, b"slow down", Throttled, "http_429", "too many calls"),
        (404, b"", Refused, "http_404", "malformed"),
        (302, b"", Refused, "http_302", "redirect"),
        (204, b"", NotUnderstood, "http_204", "unknown kind"),
        (500, b'{"message":"Internal server error"}', Unreachable, "http_500", "HTTP 500"),
        (503, b"<html>", Unreachable, "http_503", "HTTP 503"),
        (200, b"", NotUnderstood, "empty", "empty"),
        (200, b"<html>", NotUnderstood, "json", "JSON"),
        (200, b'{"statusCode":100,"body":{', NotUnderstood, "json", "JSON"),
        (200, b'{"statusCode":100,"body":{"temperature":NaN}}', NotUnderstood, "json", "JSON"),
        (200, b'{"statusCode":100,"body":{"temperature":1e999}}', NotUnderstood, "json", "JSON"),
        (200, b"\xff\xfe", NotUnderstood, "json", "JSON"),
        (200, b"[" * 100_000, NotUnderstood, "json", "JSON"),
        (200, b"[]", NotUnderstood, "shape", "object"),
        (200, b'{"message":null}', NotUnderstood, "shape", "neither"),
        (200, b'{"statusCode":true}', NotUnderstood, "shape", "neither"),
        (200, envelope(151), Refused, "151", "wrong type"),
        (200, envelope(152), Refused, "152", "Refresh the device list"),
        (200, envelope(160), Refused, "160", "does not know this command"),
        (200, envelope(174), Refused, "174", "Cloud Services"),
        (200, envelope(161), Unreachable, "161", "device is offline"),
        (200, envelope(171), Unreachable, "171", "hub is offline"),
        (200, envelope(300), Unreachable, "300", "busy"),
        (200, envelope(178, "odd"), Refused, "178", "odd"),
        (200, envelope(190, "Daily limit reached"), QuotaSpent, "190", "used up"),
        (200, envelope(190, "too many requests"), Throttled, "190", "too many calls"),
        (200, envelope(190, "wrong deviceId"), Refused, "190", "device id"),
        (200, envelope(190, "webhook is exist"), Refused, "190", "webhook"),
        (200, envelope(190, "Cannot read properties of undefined"), Unreachable, "190", "Cannot read"),
        (200, envelope(190), Unreachable, "190", "inner fault"),
    ],
)
def test_each_failure_has_its_kind_its_code_and_its_words(status, content, kind, code, words):
    with pytest.raises(CloudError) as caught:
        body_of(Answer(status, content), NOW)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert words in str(caught.value)
    assert not caught.value.may_have_happened


def test_a_secret_is_hidden_before_the_message_is_cut():
    message = "x" * 110 + "a-long-secret-indeed"
    with pytest.raises(Refused) as caught:
        body_of(Answer(200, envelope(178, message)), NOW, ("a-long-secret-indeed",))
    assert "a-long" not in str(caught.value)


def test_an_accepted_call_gives_its_body():
    assert body_of(Answer(200, b'{"statusCode":100,"body":{"temperature":21.5}}'), NOW) == {"temperature": 21.5}
    assert body_of(Answer(200, b'{"statusCode":100}'), NOW) is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("90", NOW + timedelta(seconds=90)),
        ("Mon, 05 Jan 2026 12:05:00 GMT", NOW + timedelta(minutes=5)),
        ("soon", None),
        ("", None),
        ("9" * 400, NOW + timedelta(days=1)),
    ],
)
def test_a_retry_after_is_read_in_seconds_or_as_a_date(header, wanted):
    with pytest.raises(Throttled) as caught:
        body_of(Answer(429, b"", retry_after=header), NOW)
    assert caught.value.retry_at == wanted


@given(st.integers(100, 599), st.binary(max_size=200), st.text(max_size=30))
def test_no_answer_whatever_raises_anything_but_a_cloud_error(status, content, header):
    with suppress(CloudError):
        body_of(Answer(status, content, retry_after=header), NOW)
