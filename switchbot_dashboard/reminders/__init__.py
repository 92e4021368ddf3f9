"""What someone promised, by when, and when they are told of it: when (`steps`), in which words."""

from .checks import Invalid, NotOpen, Unknown
from .service import Applied, Around, Reminders, Shelf
from .steps import Length, length_of, snoozes

__all__ = ["Applied", "Around", "Invalid", "Length", "NotOpen", "Reminders", "Shelf", "Unknown", "length_of", "snoozes"]
