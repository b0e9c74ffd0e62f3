"""Passwords: what one has to be, its hash, and one that is made up."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geoservice.errors import BadInput

# Choices of this program, no law.
SHORTEST = 12
LONGEST = 128
FEWEST_KINDS = 5
# Without characters that are easily taken for each other.
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_hasher = PasswordHasher()


def check_password(password: str, account: str) -> str:
    """The password as it is hashed, in the normal form NFKC.

    Raises
    ------
    BadInput
        If it is too short or too long, has too few different characters, or holds the name of the account.
    """
    given = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(given) <= LONGEST:
        raise BadInput("access.password-length", shortest=SHORTEST, longest=LONGEST)
    if len(set(given)) < FEWEST_KINDS:
        raise BadInput("access.password-simple", fewest=FEWEST_KINDS)
    if account.casefold() in given.casefold():
        raise BadInput("access.password-name")
    return given


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters and salt in it."""
    return _hasher.hash(unicodedata.normalize("NFKC", password))


def is_password(hashed: str | None, password: str) -> bool:
    """Whether a password fits; without a hash the same work is done for nothing, so that the time tells nothing."""
    given = unicodedata.normalize("NFKC", password[: LONGEST + 1])
    try:
        _hasher.verify(hashed or _nobodys(), given)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def make_up() -> str:
    """A password to be used once: 20 characters, 115 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(20))


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex(16))
