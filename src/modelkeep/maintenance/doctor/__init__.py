"""`doctor`: everything about the place that is or may become trouble, each finding with what to do.

It answers where other commands fail, so it believes nothing: a check that cannot be made is a finding
like any other. It changes nothing, but for a directory in ``store/tmp`` that it makes and removes at
once, to hear what time the file system has.
"""

from __future__ import annotations

import os

from modelkeep.context import Context
from modelkeep.domain.answers.care import Diagnosis
from modelkeep.errors import RegistryUnavailable
from modelkeep.locate import Located
from modelkeep.maintenance.doctor.exam import Exam

__all__ = ["doctor"]


def doctor(context: Context, located: Located) -> Diagnosis:
    """Look at everything; see `Registry.doctor`."""
    from modelkeep.maintenance.doctor import client, database, place, stored

    try:
        names = os.listdir(context.directory)
    except NotADirectoryError:
        names = []
    except FileNotFoundError:
        names = []
    except OSError:
        names = ["?"]
    if not names:
        message = f"there is nothing at {context.directory}"
        raise RegistryUnavailable(message, f"modelkeep init {context.directory}")
    exam = Exam(context, located)
    inside = (place.check_files, place.check_store, *database.CHECKS, *stored.CHECKS)
    for check in (*place.CHECKS, *database.CHECKS, *stored.CHECKS, *client.CHECKS):
        if exam.is_shut and check in inside:
            continue  # what cannot be looked at is not gone
        with exam.going_on(check.__name__.rpartition("check_")[2]):
            check(exam)
    return exam.diagnosis()
