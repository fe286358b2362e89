"""Whole screens at 60, 100 and 200 columns, and nothing lost at the extremes; what is next."""

import re
import unicodedata
from collections import Counter

import pytest
from msgspec.structs import replace
from rows import CHURN, CLOCK, ENTRY, FRAUD, MODEL, NOW, REQUEST, VERSION, drawn, version_row

from modelkeep.cli.commands.lists import _bad_ones
from modelkeep.cli.terminal import draw
from modelkeep.cli.views.history import Bounds, EntriesView, TenuresView
from modelkeep.cli.views.lists import ModelsView, VersionsView
from modelkeep.cli.views.show import ModelView, VersionView
from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.domain.answers.versions import AskedFor, StageShare, Tenure, TenureChange
from modelkeep.domain.next_steps import next_steps
from modelkeep.domain.numbers import Number

STAGES = ["staging", "production"]
VALUES = {1: "0.88", 2: "0.875", 3: "0.9312345678", 4: None, 5: "0.94"}
POINTS = []
for number, value in VALUES.items():
    before = next((each for each in reversed(POINTS) if each.value is not None), None)
    POINTS.append(TrendPoint(f"fraud@{number}", None if value is None else Number(value)).beside(before, "higher"))
TREND = Trend("auc", "higher", tuple(POINTS))
ROWS = [
    version_row(5, stages=("staging",), state="active", shares=(StageShare("production", 10.0),), label="2.0"),
    version_row(4, state="bad", bad=True),
    version_row(3, stages=("production",), state="active", aliases=("champion",)),
    version_row(2, state="superseded"),
    version_row(1, state="archived", archived=True),
]


def tenure(
    version: int, since: str, until: str | None, *, stage: str = "production", before: int | None = None, **more
):
    ended = None if until is None else TenureChange("replaced", "ben", None, f"fraud@{version + 1}")
    began = TenureChange("promoted", "ana", f"data of month {version}", None if before is None else f"fraud@{before}")
    return Tenure(
        f"fraud@{version}", "fraud", version, None, stage, f"2026-{since}:00.000000Z", version,
        None if until is None else f"2026-{until}:00.000000Z", None, began, ended, **more,
    )  # fmt: skip


TENURES = [
    tenure(1, "09-01T08:00", "10-13T08:00"),
    tenure(2, "10-13T08:00", "10-14T10:00", before=1),
    tenure(3, "10-14T10:00", None, before=2),
    tenure(5, "11-02T10:00", None, share=10.0),
]


ASKED = AskedFor("production", 5, 17, "2026-11-22T09:00:00.000000Z", "ana")
MODELS = ModelsView(None, [replace(FRAUD, requests=(ASKED,)), replace(CHURN, holders=(), requests=(ASKED,))], STAGES)
VERSIONS = VersionsView(None, ROWS, trend=TREND)
HISTORY = TenuresView(None, TENURES, "production", TREND)
LOG = EntriesView([replace(ENTRY, seq=9, time="2026-11-21T23:59:59.000000Z", actor="benedict"), ENTRY])
PAGE = VersionView(replace(VERSION, missing=("clean-code", "licence"), requests=(REQUEST,)), None, STAGES)


def test_the_matrix_has_who_holds_each_stage_since_when_who_has_a_share_and_who_is_asked_for():
    assert drawn(MODELS) == (
        "model   development   staging   production\n"
        "fraud   5  2h (+3)    4  1d     3  12d  ~ 4 at 10%  ? 5\n"
        "churn   -             -         -  ? 5\n"
    )
    assert drawn(MODELS, width=32) == (
        "model   production\n"
        "fraud   3  12d  ~ 4 at 10%  ? 5\n"
        "churn   -  ? 5\n"
    )  # fmt: skip
    assert MODELS.notes() == ["? is asked for: modelkeep requests fraud@5"]


def test_one_long_name_has_a_line_for_itself_and_the_matrix_stays():
    long = replace(CHURN, name=f"team/{'x' * 90}")
    assert drawn(ModelsView(None, [FRAUD, long, CHURN], STAGES), width=80) == (
        "model   development   staging   production\n"
        "fraud   5  2h (+3)    4  1d     3  12d  ~ 4 at 10%\n"
        f"{long.name}\n"
        "        -             -         2  90d\n"
        "churn   -             -         2  90d\n"
    )
    # Two of three are no exception.
    assert drawn(ModelsView(None, [FRAUD, long, long], STAGES), width=80).splitlines()[:2] == [
        "fraud",
        "  development  5  2h (+3)",
    ]


def test_versions_have_their_main_metric_and_its_change():
    assert drawn(VERSIONS, width=200) == (
        "auc  ▂▁▇·█  @1 0.88 -> @5 0.94 (+0.06 better), best shown 0.94 in fraud@5\n"
        "\n"
        "version   label   stage                     state        auc        change               created   author   alias        size\n"
        "fraud@5   2.0     staging, production 10%   active       0.94       +0.00876543 better   2d        ana      -          3.2 MB\n"
        "fraud@4   -       -                         bad          -                               2d        ana      -          3.2 MB\n"
        "fraud@3   -       production                active       0.931235   +0.0562346 better    2d        ana      champion   3.2 MB\n"
        "fraud@2   -       -                         superseded   0.875      -0.005 worse         2d        ana      -          3.2 MB\n"
        "fraud@1   -       -                         archived     0.88                            2d        ana      -          3.2 MB\n"
    )
    assert drawn(VERSIONS, width=100).splitlines()[2:4] == [
        "version  label  stage                    state       auc       change              created  alias",
        "fraud@5  2.0    staging, production 10%  active      0.94      +0.00876543 better  2d       -",
    ]
    assert drawn(VERSIONS, width=60).splitlines()[:5] == [
        "auc  ▂▁▇·█  @1 0.88 -> @5 0.94 (+0.06 better), best shown",
        "0.94 in fraud@5",
        "",
        "version   stage                     state        auc",
        "fraud@5   staging, production 10%   active       0.94",
    ]


def test_the_history_of_a_stage_is_bars_and_a_row_for_each_tenure():
    assert drawn(HISTORY, width=200) == (
        "auc  ▂▁▇·█  @1 0.88 -> @5 0.94 (+0.06 better), best shown 0.94 in fraud@5\n"
        "\n"
        f"production        1{'█' * 50}23{'█' * 47}\n"
        f"production share  {'·' * 75}5{'█' * 24}\n"
        f"                  Sep 01 08:00{' ' * 85}now\n"
        "\n"
        "version       since          until          for   auc        change              by    began               ended\n"
        'fraud@1       Sep 01 08:00   Oct 13 08:00   42d   0.88                           ana   "data of month 1"   replaced by fraud@2\n'
        'fraud@2       Oct 13 08:00   Oct 14 10:00   1d    0.875      -0.005 worse        ana   "data of month 2"   replaced by fraud@3\n'
        'fraud@3       Oct 14 10:00   now            39d   0.931235   +0.0562346 better   ana   "data of month 3"\n'
        'fraud@5 10%   Nov 02 10:00   now            20d   0.94                           ana   "data of month 5"\n'
    )
    assert drawn(HISTORY, width=60).splitlines()[3:10] == [
        f"production        1{'█' * 20}23{'█' * 19}",
        f"production share  {'·' * 31}5{'█' * 10}",
        f"                  Sep 01 08:00{' ' * 27}now",
        "",
        "version       since          began            ended",
        'fraud@1       Sep 01 08:00   "data of month   replaced by',
        '                             1"               fraud@2',
    ]
    # The axis is the part of the history that was asked for; dots are where nothing held the stage.
    part = replace(
        HISTORY,
        tenures=HISTORY.tenures[:3],
        bounds=Bounds("2026-10-03T08:00:00.000000Z", "2026-10-23T08:00:00.000000Z"),
    )
    assert drawn(part, width=60).splitlines()[3:5] == [
        f"production  1{'█' * 23}2██3{'█' * 20}",
        f"            Oct 03 08:00{' ' * 24}Oct 23 08:00",
    ]
    # In a narrow window how a tenure ended gives way before the table becomes a list.
    assert drawn(replace(HISTORY, stage=None), width=60).splitlines()[7:9] == [
        "version   stage            since          began",
        'fraud@1   production       Sep 01 08:00   "data of month 1"',
    ]
    # The bars of the newest ones show what held the stage when the first of them began.
    cut = replace(HISTORY, tenures=TENURES[3:], bounds=Bounds(TENURES[3].since), drawn=TENURES)
    assert drawn(cut, width=60).splitlines()[3:5] == [
        f"production        3{'█' * 41}",
        f"production share  5{'█' * 41}",
    ]
    assert drawn(replace(HISTORY, bounds=None), width=200).splitlines()[2].startswith("version  ")
    # Where there is no room beside the names, the bars stand below them.
    assert drawn(HISTORY, width=20).splitlines()[5:11] == [
        "production", f"  1{'█' * 8}23{'█' * 7}", "production share", f"  {'·' * 13}5████", "  Sep 01 08:00   now", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sort", "limit", "warnings"),
    [
        ("metric.auc", None, ["warning: fraud@4 is marked bad"]),
        ("metric.auc", "5", ["warning: fraud@4 is marked bad", "warning: fraud@1 is archived"]),
        ("created", None, []),
        (None, "5", []),
    ],
)
def test_a_version_that_comes_first_by_a_metric_and_is_bad_or_archived_is_warned_of(sort, limit, warnings):
    assert _bad_ones([ROWS[1], ROWS[4], ROWS[0]], sort, limit) == warnings


def test_of_a_moment_in_the_past_bars_and_ages_end_there():
    clock = CLOCK._replace(at=NOW.replace(month=11, day=3))
    lines = draw(HISTORY.table(clock), width=200, color=False, encoding="utf-8").text.splitlines()
    assert lines[4].endswith("then")
    assert lines[-2].split()[4:7] == ["then", "19d", "0.931235"]
    assert clock.ago("2026-11-01T09:12:44.000000Z") == "2d"


def test_the_log_stands_below_its_days():
    assert drawn(LOG, width=60) == (
        "Sat 2026-11-21  1 entry\n"
        "  23:59:59  benedict  promoted fraud@4 to production, in\n"
        '                      place of fraud@3: "march data"  #9\n'
        "\n"
        "Mon 2026-11-23 (today)  1 entry\n"
        "  01:09:51  ana       promoted fraud@4 to production, in\n"
        '                      place of fraud@3: "march data"  #211\n'
    )


def test_the_page_of_a_version_begins_with_where_it_stands_and_ends_with_what_is_next():
    lines = drawn(PAGE, width=60).splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == [
        "fraud@3  2.0  active in production", "Scores card payments", "metrics", "params", "origin", "environment", "CI",
        "attachments", "artifact", "history", "requests", "notes", "next",
    ]  # fmt: skip
    assert lines[2:7] == [
        "  aliases     champion",
        "  registered  2026-11-10 10:00:00 by ana on trainer-3",
        "  licence     Apache-2.0",
        "  tags        owner=risk",
        "  missing     code dirty, no licence",
    ]
    held = replace(TENURES[2], waived=0)
    assert '  production  39d, by ana: "data of month 3"' in drawn(replace_answer(PAGE, tenures=(held,)))


def replace_answer(view, **fields):
    return type(view)(replace(view.answer, **fields), view.as_of, STAGES)


@pytest.mark.parametrize(
    ("fields", "steps"),
    [
        ({"state": "development", "stages": ()}, ["promote fraud@3 staging"]),
        ({"stages": ("staging",)}, ["promote fraud@3 production"]),
        ({"stages": ("staging", "production")}, []),
        ({"stages": ("production",)}, []),
        ({"state": "superseded", "stages": ()}, []),
        ({"stages": ("staging",), "shares": (StageShare("production", 10.0),)}, ["promote fraud@3 production"]),
        ({"state": "bad", "bad": True}, ["rollback fraud@3"]),
        ({"state": "bad", "bad": True, "stages": ()}, []),
        ({"archived": True, "stages": ()}, ["archive fraud@3 --undo"]),
        ({"deleted": True, "missing": ("licence",)}, []),
        ({"stages": ("staging",), "requests": (REQUEST,)}, ["approve fraud@3 production"]),
        ({"stages": ("staging",), "requests": (replace(REQUEST, needed=0),)}, ["promote fraud@3 production"]),
        ({"stages": ("staging",), "requests": (replace(REQUEST, state="rejected"),)}, ["promote fraud@3 production"]),
        ({"missing": ("metrics", "licence", "code")}, ["evaluate fraud@3 --metrics metrics.json"]),
        ({"ref": "a b@3", "stages": ("staging",)}, ["promote 'a b@3' production"]),
    ],
)
def test_what_is_next(fields, steps):
    version = replace(VERSION, missing=()) if "missing" not in fields else VERSION
    found = next_steps(replace(version, **fields), STAGES)
    assert [each.line for each in found] == [f"modelkeep {each}" for each in steps]
    assert all(each.why for each in found)


#: What is never lost: references, values, ages.
_WHOLE = re.compile(r"fraud@\d|\d\.\d{3,}|\b\d{1,2}d\b")
HOSTILE = "\x1b[2J[red]x[/red]\u202eevil 価格モデル أحمد"
VIEWS = (
    MODELS, VERSIONS, HISTORY, LOG, PAGE, ModelView(replace(MODEL, recent=tuple(ROWS), requests=(ASKED,)), None, TREND),
    VersionsView(None, [replace(row, author=HOSTILE, label=HOSTILE) for row in ROWS], trend=replace(TREND, metric=HOSTILE)),
    TenuresView(None, [replace(each, name=HOSTILE, ref=f"{HOSTILE}@1", stage=HOSTILE) for each in TENURES], None, TREND),
    EntriesView([replace(ENTRY, actor=HOSTILE, login=HOSTILE, claimed=HOSTILE, sentence=HOSTILE)]),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(VIEWS)))
def test_nothing_is_lost_or_runs_at_any_width_in_any_colours_or_characters(number):
    view = VIEWS[number]
    wide = drawn(view, width=600)
    for width in (20, 60, 100, 200, 600):
        for encoding in ("utf-8", "ascii"):
            plain = drawn(view, width=width, encoding=encoding)
            colored = drawn(view, width=width, encoding=encoding, color=True)
            # Sixteen colours and bold, and nothing else that a terminal acts on.
            assert not re.sub(r"\x1b\[(?:0|[12]?;?(?:3[0-7])?)m", "", colored).count("\x1b")
            assert "\u202e" not in plain
            assert encoding == "utf-8" or plain.isascii()
        narrow = draw(view.table(CLOCK), width=width, color=False, encoding="utf-8")
        missing = Counter(_WHOLE.findall(wide)) - Counter(_WHOLE.findall(narrow.text))
        assert not missing or narrow.left_out, (width, missing)
    for line in drawn(view, width=60).splitlines():
        *_, last = line.split(" ")
        assert cells(line) <= 60 or cells(last) > 20, line


def cells(line):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)
