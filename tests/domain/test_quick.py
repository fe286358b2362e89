"""Values that are made late behave as the standard's frozen dataclasses do."""

import copy
import dataclasses
import pickle

import pytest

from modelkeep.domain import quick


@quick.dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 2
    note: str = quick.field(default="", compare=False)
    tags: dict[str, str] = quick.field(default_factory=dict, hash=False)


@quick.dataclass(frozen=True, slots=True)
class Named(Point):
    name: str = "?"

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same as Point."""

    x: int
    y: int = 2
    note: str = dataclasses.field(default="", compare=False)
    tags: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)


def test_a_value_is_made_as_the_standard_makes_it():
    for arguments in ({"x": 1}, {"x": 1, "y": 3, "note": "n"}, {"x": 1, "tags": {"a": "b"}}):
        assert dataclasses.asdict(Point(**arguments)) == dataclasses.asdict(Standard(**arguments))
    assert Point(1, 5).y == 5
    assert Point(1).tags is not Point(1).tags
    assert Named(1, name="here") == Named(1, 2, "", {}, "here")


def test_what_is_missing_or_too_much_is_said_as_the_standard_says_it():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)


def test_values_are_equal_by_their_fields_and_their_class():
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(2)
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1) != Named(1)
    assert Point(1) != Standard(1)
    assert hash(Point(1)) == hash(Point(1, note="b")) == hash(Standard(1))
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_a_value_shows_itself():
    assert repr(Point(1)) == "Point(x=1, y=2, note='', tags={})"
    assert repr(Named(1)) == "Named(x=1, y=2, note='', tags={}, name='?')"
    assert str(Named(1, name="here")) == "here"


def test_a_value_never_changes():
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert not hasattr(point, "__dict__")
    assert point == Point(1)


def test_a_value_survives_a_pipe_and_a_copy():
    for value in (Point(1, 3, "n", {"a": "b"}), Named(1, name="here")):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == copy.copy(value) == value
    assert quick.replace(Point(1), y=9) == Point(1, 9)


def test_a_value_is_matched_by_place():
    match Point(1, 4):
        case Point(x, y):
            assert (x, y) == (1, 4)
        case _:
            pytest.fail("no match")


def test_nothing_is_compiled_before_it_is_called():
    @quick.dataclass(frozen=True, slots=True)
    class Late:
        x: int

    stand_in = Late.__init__
    assert stand_in is quick._init
    Late(1)
    assert Late.__init__ is not stand_in


def test_the_fields_of_a_value_are_described_as_the_standard_describes_them():
    ours, standard = dataclasses.fields(Point), dataclasses.fields(Standard)
    assert [repr(each) for each in ours] == [repr(each) for each in standard]
    assert [each.name for each in dataclasses.fields(Named)] == ["x", "y", "note", "tags", "name"]
    assert dataclasses.is_dataclass(Point)
    assert Point.__match_args__ == Standard.__match_args__


def test_a_method_of_ones_own_is_kept():
    @quick.dataclass(frozen=True, slots=True)
    class Own:
        x: int

        def __repr__(self):
            return "own"

    assert repr(Own(1)) == "own"
    assert Own(1) == Own(1)


def test_what_would_not_be_a_value_is_refused():
    with pytest.raises(TypeError, match="values are frozen and have slots"):
        quick.dataclass(frozen=False, slots=True)
