"""The keyed SQL functions of records.sql and bind queries: random values that no order of rows can change."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import apsw
import apsw.ext

from toolscale.errors import nearest
from toolscale.randomness import KeyedRandom, draw_weighted, key_of

_TIMELESS = {"am_pm", "century", "day_of_week", "month_name", "timezone"}
_READ_THE_CLOCK_TOO = {
    "profile", "simple_profile", "credit_card_expire", "credit_card_full", "passport_dates", "passport_dob", "passport_full",
}  # fmt: skip


class Drawing:
    """The keyed functions of one database seed.

    `salt` names the statement that is running, so that the same call in two statements draws twice.
    """

    def __init__(self, *, seed: int, clock: str, locale: str) -> None:
        self.salt = ""
        self._seed = seed
        self._today = dt.date.fromisoformat(clock[:10])
        self._random = KeyedRandom(0)
        self._faker = _faker(locale)
        self._providers = _providers(locale)

    def register(self, connection: apsw.Connection) -> None:
        """Make the functions callable from SQL on `connection`."""
        functions: dict[str, tuple[Callable[..., Any], int]] = {
            "faker": (self.faker, -1),
            "pick": (self.pick, 2),
            "weighted": (self.weighted, 2),
            "uniform": (self.uniform, 3),
            "gauss": (self.gauss, 3),
            "chance": (self.chance, 2),
            "zipf": (self.zipf, 2),
            "day": (self.day, 3),
            "moment": (self.moment, 3),
            "permuted": (self.permuted, 3),
            "luhn": (luhn, 1),
        }
        for name, (function, arguments) in functions.items():
            connection.create_scalar_function(name, function, arguments)
        apsw.ext.make_virtual_module(connection, "series", _series)  # type: ignore[arg-type]

    def faker(self, provider: str, key: Any, json_args: str = "{}") -> str | int | float:
        """Return one value of a Faker provider, as text or a number."""
        random = self._at("faker", provider, json_args, key)
        arguments = json.loads(json_args)
        if provider == "date_of_birth":
            return self._date_of_birth(random, **arguments)
        unique = provider.startswith("unique.")
        name = provider.removeprefix("unique.")
        if name in _read_the_clock():
            raise ValueError(f"Faker's {name} reads the wall clock; use day(from, to, key) or moment(from, to, key)")
        if unique and name not in ("email", "user_name"):
            raise ValueError(f"unique.{name} is not offered; unique.email and unique.user_name are")
        if name not in self._providers:
            raise ValueError(f"Faker has no provider '{name}'. {nearest(name, self._providers)}")
        self._faker.random = random
        value = getattr(self._faker, name)(**arguments)
        if unique:
            return _with_key(str(value), key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)

    def pick(self, json_array: str, key: Any) -> Any:
        """Return one element of a JSON array."""
        items = _parsed(json_array)
        if not isinstance(items, list) or not items:
            raise ValueError("pick() takes a JSON array with at least one element")
        return items[self._at("pick", json_array, key).randrange(len(items))]

    def weighted(self, json_object: str, key: Any) -> str:
        """Return one name of a JSON object of weights."""
        weights = _parsed(json_object)
        if not isinstance(weights, dict) or not weights:
            raise ValueError('weighted() takes a JSON object such as {"active": 90, "closed": 10}')
        drawn: str = draw_weighted(weights, self._seed, self.salt, "weighted", json_object, key)
        return drawn

    def uniform(self, low: float, high: float, key: Any) -> float:
        """Return an integer in low..high if both are integers, else a real."""
        random = self._at("uniform", low, high, key)
        if isinstance(low, int) and isinstance(high, int):
            return random.randint(low, high)
        return low + (high - low) * random.random()

    def gauss(self, mean: float, deviation: float, key: Any) -> float:
        """Return a normally distributed real, rounded to six decimals so that libm's last bit does not show."""
        return round(self._at("gauss", mean, deviation, key).gauss(mean, deviation), 6)

    def chance(self, probability: float, key: Any) -> int:
        """Return 1 with the given probability, else 0."""
        return int(self._at("chance", probability, key).random() < probability)

    def zipf(self, n: int, key: Any) -> int:
        """Return an integer in 1..n with probability in proportion to its inverse."""
        point = self._at("zipf", n, key).random() * _harmonic(n)[-1]
        sums = _harmonic(n)
        low, high = 0, n - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if sums[middle] > point else (middle + 1, high)
        return low + 1

    def day(self, first: str, last: str, key: Any) -> str:
        """Return a date between two dates, both included."""
        start, end = _date(first), _date(last)
        if end < start:
            raise ValueError(f"day(): {last} is before {first}")
        return str(start + dt.timedelta(days=self._at("day", first, last, key).randint(0, (end - start).days)))

    def moment(self, first: str, last: str, key: Any) -> str:
        """Return a moment (to the minute) between the start of one date and the end of another."""
        start, end = _date(first), _date(last)
        if end < start:
            raise ValueError(f"moment(): {last} is before {first}")
        minutes = ((end - start).days + 1) * 1440
        minute = self._at("moment", first, last, key).randrange(minutes)
        return str(dt.datetime.combine(start, dt.time()) + dt.timedelta(minutes=minute))

    def permuted(self, index: int, size: int, key: Any) -> int:
        """Return the image of `index` under a keyed permutation of 0..size-1 (cycle-walking Feistel network)."""
        if not 0 <= index < size:
            raise ValueError(f"permuted(): {index} is outside 0..{size - 1}")
        half = max(1, (size - 1).bit_length() + 1 >> 1)
        mask = (1 << half) - 1
        base = _permutation(self._seed, self.salt, size, key)
        value = index
        while True:
            left, right = value >> half, value & mask
            for turn in range(4):
                left, right = right, left ^ (_round(base, turn, right) & mask)
            value = left << half | right
            if value < size:
                return value

    def _at(self, *parts: Any) -> KeyedRandom:
        self._random.gauss_next = None  # type: ignore[attr-defined]
        self._random.rekey(key_of(self._seed, self.salt, *parts))
        return self._random

    def _date_of_birth(self, random: KeyedRandom, minimum_age: int = 0, maximum_age: int = 100) -> str:
        last = self._today.replace(year=self._today.year - minimum_age, day=min(self._today.day, 28))
        first = self._today.replace(year=self._today.year - maximum_age - 1, day=min(self._today.day, 28))
        return str(first + dt.timedelta(days=random.randint(1, (last - first).days)))


def luhn(digits: str | int) -> str:
    """Return the digits with their Luhn check digit (ISO/IEC 7812-1) appended."""
    text = str(digits)
    if not text.isdigit():
        raise ValueError(f"luhn() takes digits, not {text!r}")
    total = sum(sum(divmod(2 * int(d), 10)) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(text)))
    return f"{text}{-total % 10}"


def _series(count: int = 0) -> Iterator[tuple[int]]:
    return ((n,) for n in range(1, count + 1))


_series.columns = ("n",)  # type: ignore[attr-defined]
_series.column_access = apsw.ext.VTColumnAccess.By_Index  # type: ignore[attr-defined]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2025-06-16") from None


def _with_key(value: str, key: Any) -> str:
    local, at, host = value.partition("@")
    return f"{local}{str(key).lower()}{at}{host}"


@functools.lru_cache(maxsize=4096, typed=True)
def _permutation(seed: int, salt: str, size: int, key: Any) -> int:
    """Return the key of a permutation."""
    return key_of(seed, salt, "permuted", size, key)


@functools.lru_cache(maxsize=65536)
def _round(base: int, turn: int, half: int) -> int:
    """Return the value of the network's round function, of which a permutation has few: its halves are short."""
    return key_of(base, turn, half)


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    return json.loads(text)


@functools.lru_cache(maxsize=64)
def _harmonic(n: int) -> list[float]:
    sums, total = [], 0.0
    for k in range(1, n + 1):
        total += 1 / k
        sums.append(total)
    return sums


@functools.cache
def _read_the_clock() -> frozenset[str]:
    """Return the names of Faker's providers that do."""
    from faker.providers import date_time

    of_dates = {name for name in vars(date_time.Provider) if not name.startswith("_")}
    return frozenset(of_dates - _TIMELESS | _READ_THE_CLOCK_TOO)


@functools.lru_cache(maxsize=8)
def _faker(locale: str) -> Any:
    from faker import Faker  # here, because whoever only reads rows does without it

    try:
        return Faker(locale).factories[0]
    except AttributeError:
        raise ValueError(f"Faker has no locale '{locale}'") from None


@functools.lru_cache(maxsize=8)
def _providers(locale: str) -> frozenset[str]:
    return frozenset(
        name
        for provider in _faker(locale).get_providers()
        for name in dir(type(provider))
        if not name.startswith("_") and callable(getattr(provider, name))
    ) - {"add_element", "random_choices"}
