import itertools

import pytest

from modelkeep.domain.lifecycle import state_of

ORDER = ["deleted", "archived", "bad", "live", "held"]


@pytest.mark.parametrize("given", list(itertools.product([False, True], repeat=5)))
def test_the_state_is_the_first_that_applies(given):
    facts = dict(zip(ORDER, given, strict=True))
    first = next((word for word in ORDER if facts[word]), "development")
    assert state_of(**facts) == {"held": "superseded"}.get(first, first)
