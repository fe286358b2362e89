"""What an encoding lacks has a stand-in, what a terminal is follows its environment."""

import io

import pytest

from modelkeep.cli import streams


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a → b…", b"a -> b..."),
        ("modèle €", b"mod\\xe8le \\u20ac"),
        ("\U0001f600", b"\\U0001f600"),
        ("plain", b"plain"),
    ],
)
def test_ascii_has_a_stand_in_for_everything(text: str, data: bytes):
    assert text.encode("ascii", "modelkeep") == data


def test_an_encoding_that_has_it_keeps_it():
    assert "modèle".encode("latin-1", "modelkeep") == b"mod\xe8le"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colours_go_where_they_are_wanted(environment, terminal, wanted, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert streams.colored(Terminal() if terminal else io.StringIO()) is wanted


@pytest.mark.parametrize("choice", ["always", "never"])
def test_what_was_chosen_wins(choice: str):
    assert streams.colored(Terminal(), choice) is (choice == "always")


def test_the_locale_c_means_ascii_on_a_terminal_and_utf8_in_a_pipe(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    assert streams.encoding(Terminal()) == "ascii"
    pipe = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert streams.encoding(pipe) == "utf-8"


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("5", 20), ("", 80), ("0", 80), ("wide", 80)])
def test_the_width_is_columns_or_80(columns: str, width: int, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert streams.width(io.StringIO()) == width


def test_nobody_sits_at_a_closed_stream():
    closed = io.StringIO()
    closed.close()
    assert not streams.is_terminal(closed)
    assert not streams.is_terminal(None)
