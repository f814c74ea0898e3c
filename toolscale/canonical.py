"""One text for one value: canonical JSON, and the fingerprints made from it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_WHOLE = ".0"  # every float that is to become an integer is written with it; so are texts that happen to hold it


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys, no spaces and whole floats written as integers.

    Equal values give equal text: `100`, `100.0` and `1e2` are one number.
    Raises ValueError for NaN and infinities, TypeError for what JSON cannot hold.
    """
    text = _ENCODER.encode(value)
    return _ENCODER.encode(plain(value)) if _WHOLE in text else text


def plain(value: Any) -> Any:
    """Return the value with whole floats, at any depth, as integers."""
    kind = type(value)
    if kind is str or kind is int:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def fingerprint(*parts: Any, length: int = 16) -> str:
    """Return `length` hex digits (4 bits each) of the SHA-256 of the parts' canonical JSON."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:length]


def short_id(*parts: Any) -> str:
    """Return 8 characters of base32 (40 bits) derived from the parts, as new row ids carry them."""
    digest = hashlib.sha256(canonical_json(parts).encode()).digest()
    return base64.b32encode(digest[:5]).decode()
