"""Numbers: exact, whatever the digits."""

from decimal import Decimal

import pytest

from modelkeep.domain.numbers import as_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.914", Decimal("0.914")),
        ("-12", Decimal(-12)),
        ("007", Decimal(7)),
        ("1e-3", Decimal("0.001")),
        ("1.5E+10", Decimal("1.5E+10")),
        ("-0", Decimal(0)),
        ("1e999", Decimal("1e999")),
    ],
)
def test_a_number_has_its_exact_value(text, value):
    assert as_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "+1",
        ".5",
        "5.",
        "1e1000",
        "1e",
        "1_000",
        "1,5",
        " 1",
        "1\n",
        "0x1",
        "\u0661",
        "--1",
        "True",
    ],
)
def test_what_is_no_number_stays_text(text):
    assert as_number(text) is None
