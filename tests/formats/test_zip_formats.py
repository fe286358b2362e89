"""Zip archives: the list of entries says which format one is of, and pickles are found in each."""

import pickle

from model_files import InMemory
from model_makers import packed

from modelkeep.formats.inspection import inspect


class Hostile:
    def __reduce__(self):
        return (eval, ("1",))


EVIL = pickle.dumps(Hostile())
KERAS = [("metadata.json", b"{}"), ("config.json", b'{"class_name": "Sequential", "config": {}}')]


def inspected(*entries):
    return inspect([InMemory("model.keras", packed(entries))]).inspection.files[0]


def test_a_pickle_in_an_archive_of_another_format_is_dangerous():
    for name, format_ in (("model/data.pkl", "pytorch"), ("assets/a.pkl", "keras"), ("assets/a", "keras")):
        found = inspected(*KERAS, (name, EVIL))
        assert found.format == format_
        assert "dangerous" in {each.kind for each in found.problems}, name
        assert "builtins.eval" in found.globals


def test_what_is_wrong_with_one_format_does_not_hide_a_pickle():
    found = inspected(("metadata.json", b"{}"), ("config.json", b"{"), ("a.pkl", EVIL))
    assert [each.kind for each in found.problems if each.text.startswith("it has a configuration")] == ["invalid"]
    assert "dangerous" in {each.kind for each in found.problems}


def test_an_archive_of_no_known_format_has_its_entries_counted():
    found = inspected(("a.txt", b"a"), ("b.txt", b"b"))
    assert (found.format, found.fact("entries"), found.problems) == ("zip", "2", ())
