"""A few threads: answers in order, the first error stops the others and is raised once they have ended."""

import threading

import pytest

from modelkeep.store.content.workers import Progress, each


def test_answers_come_in_the_order_of_the_items():
    for threads in (1, 2, 4):
        assert each(lambda n: n * n, range(1000), Progress(0, None), threads=threads) == [n * n for n in range(1000)]


def test_no_items_are_no_answers():
    assert each(lambda n: n, [], Progress(0, None)) == []


def test_all_threads_work_at_once():
    meeting = threading.Barrier(3, timeout=30)
    assert each(lambda _: meeting.wait() >= 0, range(3), Progress(0, None), threads=3) == [True] * 3


def test_an_error_in_one_thread_stops_the_others():
    progress = Progress(0, None)
    both = threading.Barrier(2, timeout=30)
    stopped = []

    def work(number):
        both.wait()
        if number == 0:
            message = "broken"
            raise ValueError(message)
        try:
            while True:
                progress.add(1)
        finally:
            stopped.append(number)

    with pytest.raises(ValueError, match="broken"):
        each(work, range(100), progress, threads=2)
    assert stopped == [1]
    assert threading.active_count() == 1


def test_an_interruption_is_raised_where_it_was_asked():
    def work(number):
        if number == 5:
            raise KeyboardInterrupt

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            each(work, range(100), Progress(0, None), threads=threads)
    assert threading.active_count() == 1


def test_progress_never_goes_back():
    seen = []
    progress = Progress(1000, lambda *step: seen.append(step))
    each(lambda _: progress.add(1), range(1000), progress, threads=4)
    assert seen == [(n, 1000) for n in range(1, 1001)]


def test_where_the_system_has_no_thread_left_the_work_is_done_with_those_there_are(monkeypatch):
    start, started = threading.Thread.start, []

    def few(thread):
        if started:
            message = "can't start new thread"
            raise RuntimeError(message)
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", few)
    assert each(lambda n: n * n, range(1000), Progress(0, None), threads=4) == [n * n for n in range(1000)]
    assert len(started) == 1
    assert threading.active_count() == 1
