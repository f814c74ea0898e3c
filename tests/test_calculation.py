"""Tests of the calculate tool's arithmetic."""

from __future__ import annotations

import contextlib
import time
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolscale.environment.calculation import GREATEST, CalculationError, calculate


def message(expression: str) -> str:
    with pytest.raises(CalculationError) as raised:
        calculate(expression)
    return str(raised.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", 0.3),
        ("1 / 3 * 3", 1),
        ("1/3", 0.3333333333),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 2 - 3", 5),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("7 // -2", -4),
        ("-7 % 3", 2),
        ("--3", 3),
        (".5 + 1.", 1.5),
        ("\t1250.50\n*2 ", 2501),
        ("0 ** 0", 1),
    ],
)
def test_operators_follow_pythons_precedence_exactly(expression: str, value: float) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("max(1, 2.5, -3)", 2.5),
        ("min(4)", 4),
        ("sum(1, 2, 3) / 4", 1.5),
        ("avg(1, 2)", 1.5),
        ("abs(-3)", 3),
        ("floor(-1.5)", -2),
        ("ceil(1.2)", 2),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.665, 2)", 2.67),
        ("round(1250, -2)", 1300),
        ("round(max(1.005, 1), 1 + 1)", 1.01),
    ],
)
def test_functions_nest_and_halves_round_away_from_zero(expression: str, value: float) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("days_between('2025-01-01', '2025-02-01')", 31),
        ("days_between('2025-02-01', '2025-01-01')", -31),
        ('days_between("2024-02-28", "2024-03-01 09:30:00") * 2', 4),
        ("days_between('2025-06-16','2025-06-16')", 0),
    ],
)
def test_days_are_counted_between_dates(expression: str, days: int) -> None:
    assert calculate(expression) == days


def test_a_whole_value_is_an_int() -> None:
    assert isinstance(calculate("5 / 2 * 2"), int)


def test_a_mortgage_rate_is_within_bounds() -> None:
    factor = "(1 + 0.0499 / 12) ** 360"
    assert calculate(f"round(250000 * (0.0499 / 12) * {factor} / ({factor} - 1), 2)") == 1340.53


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "expected a number, a function or '(' at character 1, found the end"),
        ("1 +", "expected a number, a function or '(' at character 4, found the end"),
        ("(1 + 2", "expected an operator or ')' at character 7, found the end"),
        ("1 + 2)", "expected an operator or the end at character 6, found ')'"),
        ("5 5", "expected an operator or the end at character 3, found '5'"),
        ("1,250 + 3", "without commas, 1250 and not 1,250"),
        ("5 km", "expected an operator or the end at character 3, found 'km': write a number without a unit"),
        ("2 ^ 3", "unexpected '^' at character 3: write ** for a power"),
        ("$5", "unexpected '$' at character 1"),
        ("sum([1])", "unexpected '[' at character 5: write the values without brackets"),
        ("sqrt(2)", "unknown name 'sqrt' at character 1: known are abs, avg"),
        ("max", "expected '(' after max at character 4"),
        ("max()", "expected a number, a function or '(' at character 5"),
        ("abs(1, 2)", "abs at character 1 takes 1 value, found 2"),
        ("round(1, 2, 3)", "round at character 1 takes 2 values, found 3"),
        ("round(1, 0.5)", "a whole number of digits"),
        ("1 / (2 - 2)", "division by zero at character 3"),
        ("1 // 0", "division by zero at character 3"),
        ("1 % 0", "division by zero at character 3"),
        ("0 ** -1", "division by zero at character 3"),
        ("2 ** 0.5", "expected a whole exponent"),
        ("days_between('2025-02-30', '2025-03-01')", "expected a date such as '2025-06-16' at character 14"),
        (
            "days_between(2025, 1)",
            "expected a date in quotes such as '2025-06-16' at character 14",
        ),
        ("days_between('2025-01-01')", "expected ',' and a second date at character 26"),
        ("'2025-01-01' + 1", "expected a number, a function or '(' at character 1"),
    ],
)
def test_an_error_names_the_position_and_what_was_expected(expression: str, said: str) -> None:
    assert said in message(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "1" * 501,
        "9" * 400,
        "(" * 60 + "1" + ")" * 60,
        "-" * 200 + "1",
        "9 ** 999",
        "(1 / 3) ** 999 ** 999",
        "((1 / 3) ** 900) ** 900",
        "sum(" + ", ".join(f"(1/{n}) ** 999" for n in range(10_001, 10_027)) + ")",
    ],
)
def test_what_is_too_long_too_deep_or_too_large_is_refused_at_once(expression: str) -> None:
    started = time.perf_counter()
    message(expression)
    assert time.perf_counter() - started < 0.5


def numbers() -> st.SearchStrategy[tuple[str, Fraction]]:
    whole = st.integers(0, 1000).map(lambda n: (str(n), Fraction(n)))
    decimals = st.decimals(0, 100, places=3).map(lambda d: (f"{d:f}", Fraction(d)))
    return whole | decimals


def joined(inner: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy[tuple[str, Fraction]]:
    @st.composite
    def draw_joined(draw: st.DrawFn) -> tuple[str, Fraction]:
        (left, a), (right, b) = draw(inner), draw(inner)
        sign = draw(st.sampled_from(["+", "-", "*", "/", "//", "%", "neg", "max", "abs", "**"]))
        if sign == "neg":
            return f"-({left})", -a
        if sign == "max":
            return f"max({left}, {right})", max(a, b)
        if sign == "abs":
            return f"abs({left})", abs(a)
        if sign == "**":
            power = draw(st.integers(0, 4))
            assume(abs(a**power) <= GREATEST)
            return f"({left}) ** {power}", Fraction(a**power)
        assume(b != 0 or sign not in ("/", "//", "%"))
        value = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "//": lambda: Fraction(a // b),
            "%": lambda: a % b,
        }[sign]()
        assume(abs(value) <= GREATEST)
        return f"({left}) {sign} ({right})", value

    return draw_joined()


@given(st.recursive(numbers(), joined, max_leaves=8))
def test_any_expression_agrees_with_fractions(pair: tuple[str, Fraction]) -> None:
    expression, value = pair
    assume(len(expression) <= 500)
    assert calculate(expression) == float(round(value, 10))


@given(
    st.integers(1, 99),
    st.integers(1, 99),
    st.integers(1, 99),
    st.sampled_from("+-*/%"),
    st.sampled_from("+-*/%"),
)
def test_precedence_without_parentheses_agrees_with_python(a: int, b: int, c: int, one: str, two: str) -> None:
    expected = eval(f"F({a}) {one} F({b}) {two} F({c})", {"F": Fraction})  # the test's own digits and signs
    assert calculate(f"{a}{one}{b}{two}{c}") == float(round(expected, 10))


@given(st.text(max_size=60) | st.text("0123456789.+-*/%(), minaxrouds_betwy'\"", max_size=60))
def test_arbitrary_text_raises_nothing_but_a_calculation_error(text: str) -> None:
    with contextlib.suppress(CalculationError):
        assert isinstance(calculate(text), int | float)
