"""Step 6 of a tick: orders go out one second apart, and a failed step falls back to the next one of its order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..domain.action import fallback
from ..domain.record import Done, Fate, Order, Step
from ..domain.sentence import Sentence, say
from .ports import Devices, Dispatch

PATIENCE = timedelta(minutes=1)
SILENCE = say("no answer came")


def carry_out(devices: Devices, orders: Sequence[Order], edge: datetime | None) -> dict[str, Done]:
    """What came of each order, by zone. No wait lasts beyond the next edge of a window."""
    done: dict[str, Done] = {}
    errors: dict[str, tuple[Sentence, ...]] = {order.zone: () for order in orders}
    unsure: set[str] = set()
    pending: list[tuple[Order, Step]] = [(order, order.steps[0]) for order in orders]
    while pending:
        dispatches = [Dispatch(step, order.leave_at) for order, step in pending]
        receipts = devices.send(dispatches, _until(dispatches[-1].leave_at, edge))
        following: list[tuple[Order, Step]] = []
        for (order, step), receipt in zip(pending, receipts, strict=True):
            if not receipt.ok:
                errors[order.zone] += (receipt.error or SILENCE,)
                unsure |= {order.zone} if receipt.unknown else set()
                after = fallback(order, step, unknown=receipt.unknown)
                if after is not None:
                    following.append((order, after))
                    continue
            fate = Fate.DONE if receipt.ok else Fate.UNKNOWN if order.zone in unsure else Fate.FAILED
            done[order.zone] = Done(order, fate, step, receipt.sent_at, errors[order.zone], receipt.retry_at)
        pending = following
    return done


def _until(last_leaves_at: datetime, edge: datetime | None) -> datetime:
    """A minute after the last one leaves, or the edge, but a second at least."""
    most = last_leaves_at + PATIENCE
    return most if edge is None else max(min(most, edge), last_leaves_at + timedelta(seconds=1))
