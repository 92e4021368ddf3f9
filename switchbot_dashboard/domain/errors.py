"""What can go wrong, told to a person; with the cloud, sorted by what to do next."""

from __future__ import annotations

from datetime import datetime

from .sentence import Sentence


class Told(Exception):
    """An error that a person is told of: `sentence` says it, in their language. Given as one, or as a constant text."""

    def __init__(self, said: Sentence | str) -> None:
        self.sentence = said if isinstance(said, Sentence) else Sentence(said)
        super().__init__(str(self.sentence))


class CloudError(Told):
    """The cloud or a device did not do what we asked. What the cloud itself said goes in as a figure of the sentence.

    `may_have_happened` is true for a command whose fate is unknown (a time-out, a dropped connection); `retry_at` is
    the earliest instant at which asking again makes sense, None for the ordinary pace; `code` is short and for logs.
    """

    def __init__(
        self,
        said: Sentence | str,
        *,
        code: str = "",
        may_have_happened: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(said)
        self.code = code
        self.may_have_happened = may_have_happened
        self.retry_at = retry_at


class Unreachable(CloudError):
    """Try again at the next tick: network, time-out, 5xx, device or hub offline (161, 171), hub busy (300)."""


class NotUnderstood(CloudError):
    """An answer that cannot be read: empty, HTML, truncated, no body. Try again at the next tick."""


class Throttled(CloudError):
    """Too many calls in a short time (429, "too many request"): wait until `retry_at`."""


class QuotaSpent(CloudError):
    """The day's calls are used up: read nothing until `retry_at`, the reset."""


class CredentialsRefused(CloudError):
    """401: token or secret are not accepted. The operator's business; probe again at `retry_at`."""


class Refused(CloudError):
    """A mistake in the configuration that asking again does not cure: no such device (152), no such command (160)."""
