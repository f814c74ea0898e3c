"""Tests of what counts as having said a value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolscale.scoring.reading import IN_WORDS
from toolscale.scoring.said import Kind, Statement, is_said, occurs_in_data


def says(kind: Kind, value: str | int | float, text: str, unit: str | None = None) -> bool:
    return is_said(Statement(kind, value, "the value", unit), text)


def holds(kind: Kind, value: str | int | float, data: Any, unit: str | None = None) -> bool:
    return occurs_in_data(Statement(kind, value, "the value", unit), data)


# --- money -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "$1,250.50",
        "1250.50 dollars",
        "USD 1,250.5",
        "1250.50USD",
        "1.250,50 EUR",
        "€1.250,50",
        "1 250.50",
        "1'250.50 CHF",
        "$1.2505k",
        "$1.25050k",
        "US$1,250.50",
        "Your balance is $1,250.50.",
        "balance:$1,250.50,",
        "$1,250.50/month",
        "$1,250.50-a-month",
        "$20-$1,250.50",
        "(1,250.50)",
        "1,250 dollars and 50 cents",
        "| balance | $1,250.50 |",
    ],
)
def test_an_amount_is_recognised_however_it_is_written(text: str) -> None:
    assert says("money", 1250.5, text)


@pytest.mark.parametrize(
    "text",
    ["**$1,250.50**", "`$1,250.50`", "_$1,250.50_", "\\$1,250.50", "$\u00a01,250.50", "1\u202f250,50 €",
     "1\u2009250.50",
     "\u2014$1,250.50\u2014", "\u2018$1,250.50\u2019", "\uff041,250.50", "$1,250.50\u2013$2,000",
     "<b>$1,250.50</b>"],
)  # fmt: skip
def test_markdown_and_unicode_do_not_hide_an_amount(text: str) -> None:
    assert says("money", 1250.5, text)


@pytest.mark.parametrize(
    "text",
    ["1250", "$1.25k", "$1.250k", "1.25K", "1.250 EUR", "USD1250", "1,250.00", "1 250", "+1250",
     "1.25 thousand dollars", "it's 1250."],
)  # fmt: skip
def test_a_whole_amount_needs_no_cents(text: str) -> None:
    assert says("money", 1250, text)


@pytest.mark.parametrize(
    "text",
    [
        "12500",
        "21,250",
        "1,250,000",
        "1,250.99",
        "12.50",
        "0.1250",
        "1.250",
        "$1.25m",
        "1250.0.1",
        "12 hundred and 50",
    ],
)
def test_an_amount_is_not_found_inside_another(text: str) -> None:
    assert not says("money", 1250, text)


@pytest.mark.parametrize(
    "text",
    ["AC-1250", "2025-06-1250", "B1250", "1250th", "1250-AC", "1250_x", "x_1250", "1250-77", "555-1250-555",
     "INV-2025-1250"],
)  # fmt: skip
def test_an_amount_is_not_found_inside_an_id(text: str) -> None:
    assert not says("money", 1250, text)


def test_cents_must_match() -> None:
    assert not says("money", 1250, "$1,250.50")


def test_an_amount_of_cents_is_not_an_amount_of_dollars() -> None:
    assert says("money", 0.5, "50 cents")
    assert not says("money", 50, "50 cents")


def test_the_cents_after_dollars_belong_to_the_amount() -> None:
    assert not says("money", 12, "12 dollars and 50 cents")


@pytest.mark.parametrize(
    "text",
    ["-$20", "$-20", "minus $20", "negative 20 dollars", "\u2212$20", "\u2013$20", "it is -20.", "($20.00)"],
)
def test_a_negative_amount_is_recognised(text: str) -> None:
    assert says("money", -20, text)


@pytest.mark.parametrize("text", ["$20", "- $20", "$10-$20", "a fee: $20", "twenty dollars"])
def test_a_positive_amount_is_not_a_negative_one(text: str) -> None:
    assert not says("money", -20, text)
    assert says("money", 20, text)


def test_an_amount_in_parentheses_may_be_an_aside() -> None:
    assert says("money", 20, "the late fee ($20.00) is due")


@pytest.mark.parametrize("text", ["$0", "0.00", "zero", "Zero dollars"])
def test_nothing_owed_is_said_in_numerals_or_as_zero(text: str) -> None:
    assert says("money", 0, text)


@pytest.mark.parametrize("text", ["nothing", "no fee", "$10", "100"])
def test_nothing_owed_is_not_said_in_other_words(text: str) -> None:
    assert not says("money", 0, text)


def test_one_alone_is_no_amount() -> None:
    assert not says("money", 1, "no one knows which one")
    assert says("money", 1, "one dollar")


def test_a_percentage_is_no_amount() -> None:
    assert not says("money", 5, "5% or five percent")


@pytest.mark.parametrize(("value", "text"), [(3_000_000, "$3m"), (3.2e9, "$3.2bn"), (5e6, "5 million dollars")])
def test_a_scale_multiplies(value: float, text: str) -> None:
    assert says("money", value, text)


def test_an_amount_in_millions_is_not_the_digits_before_it() -> None:
    assert not says("money", 5, "5 million")


def test_an_amount_that_a_template_made_text_is_read() -> None:
    assert says("money", "$1,250.50", "1250.5 dollars")


AMOUNTS = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100)


def styles(amount: Decimal) -> list[str]:
    english = f"{amount:,.2f}"
    plain = f"{amount:.2f}"
    short = f"{amount.normalize():f}"
    european = english.replace(",", "_").replace(".", ",").replace("_", ".")
    spaced = english.replace(",", " ")
    return [
        f"${english}",
        f"{plain} dollars",
        f"USD {short}",
        f"{european} EUR",
        f"€ {european}",
        spaced,
        spaced.replace(" ", "\u202f").replace(".", ",") + " €",
        english.replace(",", "\u2019") + " CHF",
        f"**${english}**",
        f"${(amount / 1000).normalize():f}k",
        short,
    ]


@given(
    AMOUNTS,
    st.integers(0, 10),
    st.sampled_from(["{}", "You have {}.", "({}), due on June 3", "AC-00012 holds {}, right?"]),
)
def test_any_amount_is_recognised_in_any_style(amount: Decimal, style: int, around: str) -> None:
    assert says("money", float(amount), around.format(styles(amount)[style]))


@given(AMOUNTS, AMOUNTS, st.integers(0, 10))
def test_a_different_amount_is_recognised_in_no_style(amount: Decimal, other: Decimal, style: int) -> None:
    assume(amount != other)
    assert not says("money", float(amount), f"You have {styles(other)[style]} now.")


@given(AMOUNTS, st.sampled_from(["AC-{}", "{}-AB", "X{}", "{}th", "2025-06-{}"]))
def test_no_amount_is_recognised_in_an_id(amount: Decimal, around: str) -> None:
    assert not says("money", int(amount), around.format(f"{int(amount):05d}"))


# --- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "3 nights",
        "a 3-night stay",
        "a 3-Night Stay",
        "3-NIGHT STAY",
        "three nights",
        "a three-night stay",
        "Nights left: 3",
        "3 remaining free nights",
        "3 (three) nights",
        "three (3) nights",
        "3 of your 10 nights",
        "3/10 nights",
        "50 points and 3 nights",
        "3 nights and 50 points",
        "**3** nights",
        "The nights that you have left are 3.",
        "Points: 50, nights: 3",
    ],
)
def test_a_unit_near_its_number_is_found(text: str) -> None:
    assert says("number", 3, text, "nights")


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "3 points",
        "30 nights",
        "nights",
        "3 points and 50 nights",
        "50 nights and 3 points",
        "You have 3. Nights are free.",
        "Nights: 50, points: 3",
        "points: 3, nights: 50",
        "$3 for the nights",
        "3% of the nights",
        "on June 3 the nights are free",
        "room CL-3, nights",
        "3rd of the nights",
        "3 knights",
    ],
)
def test_a_number_of_something_else_does_not_count(text: str) -> None:
    assert not says("number", 3, text, "nights")


@pytest.mark.parametrize(
    ("unit", "text"),
    [("night", "2 nights"), ("entry", "2 entries"), ("boxes", "2 box"), ("person", "2 people"),
     ("loyalty points", "2 loyalty-points"),
     ("km", "2km away"), ("m", "2m"), ("GB", "2 GB"), ("children", "2-child family"), ("dollars", "$2")],
)  # fmt: skip
def test_a_unit_matches_in_singular_and_plural(unit: str, text: str) -> None:
    assert says("number", 2, text, unit)


@pytest.mark.parametrize("unit", ["percent", "%", "per cent"])
@pytest.mark.parametrize(
    "text", ["4.5%", "4.5 %", "4.5 percent", "4.5 per cent", "a 4.5-percent rate", "percentage: 4.5"]
)
def test_percent_and_its_sign_are_one_unit(unit: str, text: str) -> None:
    assert says("number", 4.5, text, unit)


@pytest.mark.parametrize(
    ("value", "text"),
    [(16, "June 16"), (2025, "June 16, 2025"), (2025, "in June 2025"), (14, "14:30"), (2, "at 2 pm"),
     (4, "the 4th floor"),
     (3, "CL-00003"), (20, "twenty-first"), (20, "twenty-one"), (21, "one hundred twenty-one"),
     (3, "three and a half"),
     (3, "3\u00bd"), (5, "5km"), (1, "v1.2.3"), (2, "two-factor"), (102, "10\u00b2"),
     (3, "three point five")],
)  # fmt: skip
def test_digits_of_something_else_are_no_number(value: int, text: str) -> None:
    assert not says("number", value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(250, "on June 16 250 guests came"), (4.5, "rated 4.5/5"), (-3, "-3 \u00b0C"), (-3, "minus three"),
     (12, "a 12-month term"),
     (5000, "5k"), (16, "All 16 may attend"), (0.25, "0,25"), (12.5, "12,5"), (1250, "1,250"),
     (1.25, "1.250"), (3, "#3 in the queue")],
)  # fmt: skip
def test_a_number_without_a_unit_stands_alone(value: float, text: str) -> None:
    assert says("number", value, text)


@pytest.mark.parametrize("number", range(100))
def test_number_words_are_read_up_to_ninety_nine(number: int) -> None:
    assert says("number", number, f"You have {IN_WORDS[number].capitalize()} points.", "points")
    others = [other for other in range(100) if says("number", other, f"{IN_WORDS[number]} points", "points")]
    assert others == [number]


@given(
    st.integers(-10_000, 10_000),
    st.integers(-10_000, 10_000),
    st.sampled_from(["{} points", "points: {}", "{:,} points"]),
)
def test_a_number_is_said_by_itself_alone(number: int, other: int, style: str) -> None:
    assert says("number", number, style.format(other), "points") == (number == other)


# --- dates and times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2025-06-16", "2025-06-16T09:30:00Z", "2025-06-16 09:30", "2025/06/16", "June 16, 2025",
     "June 16,2025", "June 16 2025",
     "16 June 2025", "16th of June, 2025", "the 16th of June", "June 16th", "June the 16th", "Jun 16",
     "Jun. 16", "JUNE 16",
     "Monday, June 16", "16-Jun-2025", "06/16/2025", "16/06/2025", "6/16/25", "6/16", "16.06.2025",
     "16.6.25", "**June 16**, 2025",
     "June\u00a016", "June 14-16, 2025", "June 16\u201318", "June 16\u2013July 2", "14 to 16 June",
     "(2025-06-16)", "by 2025-06-16."],
)  # fmt: skip
def test_a_date_is_recognised_however_it_is_written(text: str) -> None:
    assert says("date", "2025-06-16", text)


@pytest.mark.parametrize(
    "text",
    ["2024-06-16", "June 16, 2024", "6/16/24", "16.06.2024", "June 17", "16 July", "June 160", "June 1, 6",
     "16", "20250616",
     "2025-06-161", "INV-2025-06-16", "2025-06-16-18", "1616 June"],
)  # fmt: skip
def test_another_date_does_not_count(text: str) -> None:
    assert not says("date", "2025-06-16", text)


def test_slashes_put_the_month_first() -> None:
    assert says("date", "2025-06-07", "06/07/2025")
    assert not says("date", "2025-07-06", "06/07/2025")


def test_dots_put_the_day_first() -> None:
    assert says("date", "2025-07-06", "06.07.2025")


def test_a_verb_is_no_month() -> None:
    assert not says("date", "2025-05-16", "all 16 may attend")
    assert says("date", "2025-05-16", "16 May")


DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
DAY_STYLES = ["{0:%Y-%m-%d}", "{0:%B} {0.day}, {0.year}", "{0.day} {0:%b} {0.year}",
"{0.month}/{0.day}/{0.year}", "{0:%d.%m.%Y}",
              "{0:%A}, {0:%B} {0.day}", "{0:%Y-%m-%dT%H:%M:%S}"]  # fmt: skip


@given(DAYS, DAYS, st.sampled_from(DAY_STYLES))
def test_a_date_is_said_by_itself_alone(day: dt.date, other: dt.date, style: str) -> None:
    assume((day.month, day.day) != (other.month, other.day))
    assert says("date", day.isoformat(), f"It is {style.format(day)}.")
    assert not says("date", day.isoformat(), f"It is {style.format(other)}.")


@pytest.mark.parametrize(
    "text",
    ["14:30", "14:30:00", "14h30", "2:30 pm", "2:30pm", "2:30 PM", "2.30 p.m.", "2:30 p. m.", "2:30",
     "at 2:30.", "2:30\u202fPM",
     "14:30-16:00", "12:00\u201314:30", "2025-06-16T14:30:00", "2025-06-16 14:30", "(14:30)"],
)  # fmt: skip
def test_a_time_is_recognised_however_it_is_written(text: str) -> None:
    assert says("time", "14:30", text)


@pytest.mark.parametrize(
    "text", ["2:30 am", "02:30", "14:31", "2.30", "$2.30", "114:30", "14:300", "4:30", "14:30:15", "2 pm"]
)
def test_another_time_does_not_count(text: str) -> None:
    assert not says("time", "14:30", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [("14:00", "2 pm"), ("14:00:00", "2 o\u2019clock"), ("12:00", "noon"), ("12:00", "12 pm"),
     ("00:00", "midnight"), ("00:00", "12 am"),
     ("02:30", "2:30"), ("09:30:00", "9:30 am"), ("00:30", "12:30 am")],
)  # fmt: skip
def test_a_time_may_be_spoken(value: str, text: str) -> None:
    assert says("time", value, text)


def test_the_afternoon_is_not_noon() -> None:
    assert not says("time", "12:00", "in the afternoon")


@given(st.times(), st.times())
def test_a_time_is_said_by_itself_alone(time: dt.time, other: dt.time) -> None:
    assume((time.hour, time.minute) != (other.hour, other.minute))
    spoken = f"{(time.hour - 1) % 12 + 1}:{time.minute:02d} {'am' if time.hour < 12 else 'pm'}"
    assert says("time", f"{time:%H:%M}", spoken)
    assert not says("time", f"{other:%H:%M}", spoken)


# --- text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [("on_hold", "It is On Hold."), ("on hold", "on\n  hold"), ("first class", "a **first-class** ticket"),
     ("O'Brien", "Dr O\u2019Brien"),
     ("AC-00001", "account AC-00001."), ("AC-00001", "AC\u201100001"), ("STRASSE", "stra\u00dfe"),
     ("Zo\u00eb", "ZOE\u0308"),
     ("C++", "we use C++."), (101, "room 101")],
)  # fmt: skip
def test_a_text_is_found_in_any_case_and_dress(value: str, text: str) -> None:
    assert says("text", value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hold", "household"),
        ("AC-0000", "AC-00001"),
        ("v1.2", "v1.2.3"),
        ("12", "12.50"),
        ("on hold", "on a hold"),
    ],
)
def test_a_text_is_found_as_whole_words_only(value: str, text: str) -> None:
    assert not says("text", value, text)


# --- any text, any value -----------------------------------------------------------------------------------

STATEMENTS = [
    Statement("money", 12.5, "a"),
    Statement("number", 3, "a", "points"),
    Statement("number", 21, "a"),
    Statement("number", 5, "a", "%"),
    Statement("date", "2025-06-16", "a"),
    Statement("time", "14:30", "a"),
    Statement("text", "on hold", "a"),
]
PIECES = st.sampled_from(
    ["3", "21", "12.5", " ", ".", ",", "-", "$", "points", "twenty", "-one", "June", "16", "2025", "/", ":",
     "30", "pm", "(", ")", "*", "%",
     "\u2013", "\u2044", "k", "'", "of", "\n", "and 50 cents", "minus", "0", "may", "hundred", "\u0130",
     "o'clock"]
)  # fmt: skip


@given(st.text() | st.lists(PIECES, max_size=20).map("".join) | st.lists(PIECES, max_size=20).map(" ".join))
def test_no_text_raises(text: str) -> None:
    for statement in STATEMENTS:
        assert is_said(statement, text) in (True, False)
        assert occurs_in_data(statement, {"rows": [text]}) in (True, False)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("money", "abc"), ("money", float("inf")), ("money", "$5 or $6"), ("date", "2025-02-30"),
     ("date", "June 16"), ("time", "soon"),
     ("text", " ")],
)  # fmt: skip
def test_what_is_no_such_value_is_refused(kind: Kind, value: str | float) -> None:
    with pytest.raises(ValueError, match="cannot be read as one"):
        Statement(kind, value, "the value")


@pytest.mark.parametrize("value", [True, None, [1]])
def test_what_is_no_value_at_all_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        Statement("number", value, "the value")


# --- data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("money", 1250.5, {"accounts": [{"balance": 1250.5}]}),
        ("money", 1250.5, "AC-00001 holds $1,250.50."),
        ("money", 0.3, [0.1 + 0.2]),
        ("number", 3, {"nights": 3.0}),
        ("number", 3, ["3"]),
        ("date", "2025-06-16", [{"at": "2025-06-16 09:30:00"}]),
        ("time", "09:30", [{"at": "2025-06-16 09:30:00"}]),
        ("text", "on hold", {"status": "on_hold"}),
        ("text", "101", {"room": 101}),
    ],
)
def test_a_value_is_found_at_any_depth(kind: Kind, value: str | float, data: Any) -> None:
    assert holds(kind, value, data)


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("money", 1250, {"id": "AC-1250"}),
        ("money", 1250, {"1250": 3}),
        ("money", 1250, [1250.5, 12500]),
        ("money", 1, float("nan")),
        ("number", 1, [True, None]),
        ("time", "14:30", "2:30"),
        ("time", "00:30", "2025-06-16 12:30"),
        ("date", "2025-06-16", 20250616),
    ],
)
def test_names_ids_and_truth_values_are_no_values(kind: Kind, value: str | float, data: Any) -> None:
    assert not holds(kind, value, data)


def test_data_needs_no_unit() -> None:
    assert holds("number", 3, {"nights_left": 3}, "nights")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_data_raises(data: Any) -> None:
    for statement in STATEMENTS:
        assert occurs_in_data(statement, data) in (True, False)
