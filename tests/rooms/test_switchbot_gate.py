"""When the cloud is left in peace, and for how long."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.errors import CredentialsRefused, QuotaSpent, Throttled
from switchbot_dashboard.switchbot.gate import Gate

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def throttled(gate: Gate, at: datetime, used: int = 100, retry_at: datetime | None = None):
    return gate.failed(Throttled("", code="http_429", retry_at=retry_at), at, at, used, 10_000)


def refused(gate: Gate, at: datetime, used: int = 100):
    return gate.failed(CredentialsRefused("", code="http_401"), at, at, used, 10_000)


def test_a_gate_is_open_until_something_happens():
    assert Gate().refusal(NOON) is None
    assert not Gate().troubled


def test_a_burst_limit_backs_off_from_one_minute_and_doubles():
    gate, now, waits = Gate(), NOON, []
    for _ in range(6):
        error = throttled(gate, now)
        assert type(error) is Throttled
        waits.append((error.retry_at - now) // MINUTE)
        assert gate.refusal(error.retry_at - timedelta(seconds=1)) is not None
        assert gate.refusal(error.retry_at) is None
        now = error.retry_at
    assert waits == [1, 2, 4, 8, 16, 32]


def test_a_burst_limit_that_lasts_an_hour_is_taken_for_the_days_end_and_asked_about_ever_more_seldom():
    gate = Gate()
    throttled(gate, NOON)
    assert type(throttled(gate, NOON + timedelta(minutes=59))) is Throttled
    now, waits = NOON + timedelta(hours=1, minutes=2), []
    for _ in range(6):
        error = throttled(gate, now)
        assert type(error) is QuotaSpent
        waits.append((error.retry_at - now) // MINUTE)
        now = error.retry_at
        if now == MIDNIGHT:
            break
    assert waits == [60, 120, 240, 238]
    assert "100 of 10000 calls" in str(error)
    assert "asks again at 00:00" in str(error)


def test_after_a_burst_limit_at_midnight_reading_is_not_shut_for_the_day():
    gate, now = Gate(), MIDNIGHT
    while type(error := throttled(gate, now)) is Throttled:
        now = error.retry_at
    assert error.retry_at <= MIDNIGHT + timedelta(hours=3)
    gate.answered(error.retry_at, error.retry_at)
    assert gate.refusal(error.retry_at) is None


def test_a_proven_end_of_the_day_is_not_asked_about_again():
    gate = Gate()
    throttled(gate, NOON, used=9_600)
    assert gate.refusal(MIDNIGHT - MINUTE) is not None
    gate = Gate()
    gate.failed(QuotaSpent("", code="190"), NOON, NOON, 10, 10_000)
    assert throttled(gate, NOON + timedelta(hours=5)).retry_at == MIDNIGHT


def test_a_throttled_call_near_our_own_limit_is_the_days_end():
    assert type(throttled(Gate(), NOON, used=9_499)) is Throttled
    error = throttled(Gate(), NOON, used=9_500)
    assert type(error) is QuotaSpent
    assert error.retry_at == MIDNIGHT


def test_the_cloud_may_name_the_days_end_itself():
    gate = Gate()
    error = gate.failed(QuotaSpent("", code="190"), NOON, NOON, 10, 10_000)
    assert type(error) is QuotaSpent
    assert gate.refusal(MIDNIGHT - timedelta(seconds=1)).retry_at == MIDNIGHT
    assert gate.refusal(MIDNIGHT) is None


def test_after_midnight_the_doubling_begins_anew():
    gate = Gate()
    throttled(gate, NOON, used=9_999)
    error = throttled(gate, MIDNIGHT, used=1)
    assert type(error) is Throttled
    assert error.retry_at == MIDNIGHT + MINUTE


def test_a_refused_token_is_probed_every_quarter_of_an_hour():
    gate, now = Gate(), NOON
    for _ in range(10):
        error = refused(gate, now)
        assert type(error) is CredentialsRefused
        assert error.retry_at == now + 15 * MINUTE
        now = error.retry_at


def test_a_refused_token_at_our_own_limit_is_a_spent_quota():
    assert type(refused(Gate(), NOON, used=10_000)) is QuotaSpent


def test_calls_that_were_out_together_count_as_one_refusal():
    gate = Gate()
    first = throttled(gate, NOON)
    again = gate.failed(Throttled(""), NOON - timedelta(seconds=1), NOON + timedelta(seconds=1), 100, 10_000)
    assert again.retry_at == first.retry_at
    assert again is not first


def test_a_command_through_the_shut_gate_does_not_lengthen_the_wait():
    gate = Gate()
    first = throttled(gate, NOON)
    assert throttled(gate, NOON + timedelta(seconds=30)).retry_at == first.retry_at


def test_a_retry_after_is_honoured_up_to_a_day():
    assert throttled(Gate(), NOON, retry_at=NOON + timedelta(seconds=7)).retry_at == NOON + timedelta(seconds=7)
    assert throttled(Gate(), NOON, retry_at=NOON - MINUTE).retry_at == NOON + timedelta(seconds=1)
    assert throttled(Gate(), NOON, retry_at=NOON + timedelta(days=9)).retry_at == NOON + timedelta(days=1)


def test_an_answer_opens_the_gate_and_ends_the_doubling():
    gate = Gate()
    throttled(gate, NOON)
    throttled(gate, NOON + MINUTE)
    gate.answered(NOON + 2 * MINUTE, NOON + 2 * MINUTE)
    assert gate.refusal(NOON + 2 * MINUTE) is None
    assert throttled(gate, NOON + 3 * MINUTE).retry_at == NOON + 4 * MINUTE


def test_an_answer_to_an_older_call_does_not_open_the_gate():
    gate = Gate()
    throttled(gate, NOON)
    gate.answered(NOON - timedelta(seconds=1), NOON + timedelta(seconds=1))
    assert gate.refusal(NOON + timedelta(seconds=2)) is not None


def test_a_clock_that_was_years_ahead_does_not_shut_the_gate_for_years():
    gate = Gate()
    refused(gate, NOON + timedelta(days=4000))
    assert gate.refusal(NOON) is None


def test_a_trouble_is_logged_when_it_begins_and_when_it_ends(caplog):
    caplog.set_level(logging.INFO)
    gate = Gate()
    for minutes in (0, 15, 30):
        refused(gate, NOON + minutes * MINUTE)
    gate.answered(NOON + 45 * MINUTE, NOON + 45 * MINUTE)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "45 min" in caplog.text


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 7200), st.sampled_from(["429", "401", "daily", "answer", "late answer"]), st.integers(0, 12_000)
    ),
    max_size=40,
)


@given(EVENTS)
def test_whatever_happens_the_gate_opens_within_a_day_and_names_its_instant(events):
    gate, now = Gate(), NOON
    for seconds, event, used in events:
        now += timedelta(seconds=seconds)
        if event == "429":
            assert throttled(gate, now, used).retry_at > now
        elif event == "401":
            assert refused(gate, now, used).retry_at > now
        elif event == "daily":
            assert type(gate.failed(QuotaSpent(""), now, now, used, 10_000)) is QuotaSpent
        else:
            gate.answered(now - timedelta(hours=3 * (event == "late answer")), now)
        refusal = gate.refusal(now)
        if refusal is not None:
            assert now < refusal.retry_at <= now + timedelta(days=1)
            assert gate.refusal(refusal.retry_at) is None
        if event == "answer":
            assert not gate.troubled


@pytest.mark.parametrize("used", [0, 9_500])
def test_the_words_of_the_gate_carry_figures_and_no_exclamation(used):
    for error in (throttled(Gate(), NOON, used), refused(Gate(), NOON, used)):
        assert any(letter.isdigit() for letter in str(error))
        assert "!" not in str(error)
