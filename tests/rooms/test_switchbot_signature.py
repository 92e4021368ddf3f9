"""How a call proves who sends it."""

from datetime import UTC, datetime

from switchbot_dashboard.switchbot.signature import headers


def test_the_signature_is_that_of_the_worked_example():
    now = datetime.fromtimestamp(1_700_000_000, UTC)
    signed = headers("t0ken", "s3cret", now, "0f8fad5b-d9cb-469f-a165-70867728950e")
    assert signed == {
        "Authorization": "t0ken",
        "t": "1700000000000",
        "nonce": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "sign": "GO6K0cWi4QBOHWNdrNfRklDrqwM2L9R0WENf0isUvAc=",
    }


def test_the_stamp_keeps_every_millisecond():
    assert headers("t", "s", datetime(2026, 1, 1, microsecond=999_000, tzinfo=UTC), "n")["t"] == "1767225600999"
