"""Users, roles, sessions and tokens: who may look, and who may change things."""

from .keys import derived_key, master_key
from .people import NameTaken, People, PeopleError, Role, Token, UnknownToken, UnknownUser, Unusable, User
from .preferences import PreferenceBook, Preferences, Unfit, preferences_of

__all__ = [
    "NameTaken",
    "People",
    "PeopleError",
    "PreferenceBook",
    "Preferences",
    "Role",
    "Token",
    "Unfit",
    "UnknownToken",
    "UnknownUser",
    "Unusable",
    "User",
    "derived_key",
    "master_key",
    "preferences_of",
]
