"""The account's one webhook: which address it has, and how that is changed. Nobody else's is put out unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..domain.errors import CloudError, NotUnderstood
from ..domain.sentence import say
from .client import Client

PATH = "/v1.1/webhook/"
PURPOSE, ENDPOINT = "catalogue", "webhook"  # as the ledger counts these calls
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hook:
    """The webhook as the cloud has it; what it does not tell is None."""

    url: str
    enabled: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Hooks:
    """The calls about the webhook. Each costs one call and raises a CloudError when the cloud does not do as asked."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def urls(self) -> Sequence[str]:
        """The addresses that events go to: one at most, as far as is known."""
        body = self._ask("queryWebhook", {"action": "queryUrl"})
        urls = body.get("urls") if isinstance(body, dict) else None
        if urls is None and body in ({}, None, []):
            return ()
        if not isinstance(urls, list):
            raise NotUnderstood(say("The cloud's answer does not say which webhook is set. Try again."), code="shape")
        return tuple(url for url in urls if isinstance(url, str) and url)

    def details(self, url: str) -> Hook:
        """What the cloud tells of an address."""
        body = self._ask("queryWebhook", {"action": "queryDetails", "urls": [url]})
        listed = body if isinstance(body, list) else [body]
        found = next((item for item in listed if isinstance(item, dict) and item.get("url", url) == url), {})
        enabled = found.get("enable")
        times = _instant(found.get("createTime")), _instant(found.get("lastUpdateTime"))
        return Hook(url, enabled if isinstance(enabled, bool) else None, *times)

    def set_up(self, url: str) -> None:
        """Send the events of all devices to an address; refused while another is set."""
        self._ask("setupWebhook", {"action": "setupWebhook", "url": url, "deviceList": "ALL"})

    def enable(self, url: str) -> None:
        """Switch on an address that is set but off."""
        self._ask("updateWebhook", {"action": "updateWebhook", "config": {"url": url, "enable": True}})

    def delete(self, url: str) -> None:
        """Send no more events to an address."""
        self._ask("deleteWebhook", {"action": "deleteWebhook", "url": url})

    def replace(self, old: Sequence[str], new: str) -> None:
        """Put an address in the place of others. Where that fails, the first of them is set again."""
        for url in old:
            self.delete(url)
        try:
            self.set_up(new)
        except CloudError:
            if old:
                self._put_back(old[0])
            raise

    def _put_back(self, url: str) -> None:
        try:
            self.set_up(url)
        except CloudError:  # the failure that led here says what is wrong
            return

    def _ask(self, verb: str, content: Mapping[str, object]) -> object:
        return self._client.ask(PATH + verb, PURPOSE, ENDPOINT, content)


def _instant(milliseconds: object) -> datetime | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or not 0 < milliseconds < 10**14:
        return None
    return EPOCH + timedelta(milliseconds=milliseconds)
