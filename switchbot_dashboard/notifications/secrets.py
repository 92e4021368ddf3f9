"""Addresses and passwords at rest: sealed with a key derived from SECRETS_KEY, opened only to be used."""

from __future__ import annotations

import base64
import logging

from ..domain.sentence import Sentence, say

TALKATIVE = ("apprise", "urllib3", "requests", "smtplib")
KEY_CHANGED = say("SECRETS_KEY has changed, so this can no longer be read: enter it again.")


class KeyChanged(Exception):
    """A sealed text cannot be opened. `sentence` says what to do; it is never a reason to stop."""

    sentence: Sentence = KEY_CHANGED

    def __str__(self) -> str:
        return self.sentence.text()


class Secrets:
    """Seals texts and opens them again. `key` is 32 bytes, kept for this purpose alone."""

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet, InvalidToken  # takes 6 MB, which a home without channels never needs

        self._broken = InvalidToken
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """The text as it may be stored: encrypted and signed, another one each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises KeyChanged when it was sealed with another key, or was altered."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (self._broken, UnicodeError):
            raise KeyChanged from None


def hush() -> None:
    """Keep libraries that write whole addresses into their log lines away from every log but their own.

    `apprise` names chats, `urllib3` the paths it asks for, and tokens stand in those. They reach no handler of the
    root logger, nor the one that Python uses where there is none.
    """
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
