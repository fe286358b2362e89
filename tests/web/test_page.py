"""The page as a file: what is in it, that it reaches for nothing, and that the same log makes the same bytes.

What a browser makes of it is in test_browser.py.
"""

import base64
import gzip
import hashlib
import json
import re

import pytest
from history import History
from msgspec.structs import replace
from page_stories import page_of, rich_history, waiting_history
from world import World, tell_story

from modelkeep.cli.views.history import TenuresView
from modelkeep.cli.views.interface import as_json
from modelkeep.cli.views.show import ModelView, VersionView
from modelkeep.domain.record import plain
from modelkeep.errors import RegistryUnavailable, UsageError
from modelkeep.papers.paper_file import write_paper
from modelkeep.reads.whole import whole_registry
from modelkeep.store.db.sqlite.database import Database
from modelkeep.web import page as web

PART = re.compile(r'<script type="application/gzip" id="([a-z]+(?:-\d+)?)">([A-Za-z0-9+/=]*)</script>\n')
LIBRARY = {
    # npm pack uplot@1.6.32
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uPlot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
    # npm pack @dagrejs/dagre@3.1.3
    "dagre.min.js": "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578",
    "dagre.LICENSE": "6a349742a6cb219d5a2fc8d0844f6d89a6efc62e20c664450d884fc7ff2d6015",
}


def documents(page):
    """Return the documents of a page by name."""
    return {name: json.loads(gzip.decompress(base64.b64decode(data))) for name, data in PART.findall(page)}


def rows(found, kind):
    return [row for name in found if name.startswith(f"{kind}-") for row in found[name][kind]]


@pytest.fixture(scope="module")
def governed():
    return rich_history().registry


@pytest.fixture(scope="module")
def page(governed):
    return page_of(governed, title='The models of "us" & <them>')


def as_document(view):
    return json.loads(as_json(view.document()))


def test_a_version_is_in_the_page_as_show_has_it_in_json(governed, page):
    found = documents(page)
    head = f"seq:{found['index']['head']['seq']}"
    for row, more in zip(rows(found, "versions"), rows(found, "pages"), strict=True):
        tenures = [each for each in rows(found, "tenures") if each["ref"] == row["ref"]]
        shown = as_document(VersionView(governed.version(row["ref"], as_of=head), None))
        del shown["schema"], shown["as_of"]
        assert {**row, **more, "tenures": tenures} == shown


def test_models_and_tenures_are_in_the_page_as_the_commands_have_them(governed, page):
    found = documents(page)
    for each in rows(found, "models"):
        shown = as_document(ModelView(governed.model(each["name"]), None))
        assert {**each, "recent": shown["recent"]} == {
            key: shown[key] for key in shown if key not in {"schema", "as_of"}
        }
    held = as_document(TenuresView(None, governed.history("fraud")))["tenures"]
    assert [each for each in rows(found, "tenures") if each["name"] == "fraud"] == held


def test_the_log_is_whole_and_the_head_is_that_of_the_log(governed, page):
    found = documents(page)
    entries = governed.audit(reverse=True)
    assert [(each["seq"], each["hash"]) for each in rows(found, "entries")] == [
        (each.seq, each.hash) for each in entries
    ]
    assert found["index"]["head"] == {"seq": entries[0].seq, "time": entries[0].time, "hash": entries[0].hash}


def test_edges_are_those_that_lineage_walks(governed, page):
    edges = {(each["source"], each["target"], each["relation"]) for each in rows(documents(page), "edges")}
    walked = set()
    for row in governed.versions():
        walked |= {(each.source, each.target, each.relation) for each in governed.lineage(row.ref, depth=1).edges}
    for row in governed.datasets():
        walked |= {
            (each.source, each.target, each.relation) for each in governed.lineage(row.node, depth=1, down=False).edges
        }
    assert edges == walked
    assert {relation for _, _, relation in edges} >= {
        "trained_on",
        "fine-tune_of",
        "made_from",
        "evaluated_on",
        "runs_at",
        "tracked_by",
        "built_from",
    }


def test_the_same_log_makes_the_same_bytes_as_of_the_same_moment(page, tmp_path):
    assert page_of(rich_history().registry, title='The models of "us" & <them>') == page
    world = World(tmp_path)
    world.register("fraud")
    world.registry.record_check("fraud@1", "bias", "pass", expires="30d")
    world.pass_time(days=10)
    before = "".join(world.registry.page())
    moment = documents(before)["index"]["moment"]
    assert moment.startswith("2026-12-03T")
    world.pass_time(days=100)
    assert "".join(world.registry.page(as_of=moment)) == before
    later = documents("".join(world.registry.page()))
    assert later["index"]["moment"] > moment
    states = [
        [each["state"] for row in rows(found, "pages") for each in row["checks"]]
        for found in (documents(before), later)
    ]
    assert states == [["current"], ["expired"]]
    world.registry.note("fraud", "later")
    assert "".join(world.registry.page(as_of=moment)) == before


def test_a_page_is_judged_at_its_moment_as_the_commands_are(tmp_path):
    world = World(tmp_path)
    world.register("fraud")
    world.registry.record_check("fraud@1", "bias", "pass", expires="30d")
    world.pass_time(days=100)
    for moment in ("2026-12-01", "2027-01-15", "seq:3"):
        found = documents("".join(world.registry.page(as_of=moment)))
        assert found["index"]["moment"] == world.registry.as_of(moment).time
        ((check,),) = [row["checks"] for row in rows(found, "pages")]
        assert check["state"] == world.registry.check("fraud@1", "bias", as_of=moment).state


def test_requests_and_checks_are_those_of_the_commands_as_of_any_moment():
    registry = waiting_history().registry
    seen = set()
    for moment in ("seq:7", "seq:8", "2026-01-01", "2026-05-31", "2026-07-01", None):
        found = documents("".join(registry.page(as_of=moment)))
        at = moment or found["index"]["moment"]
        assert found["requests"]["requests"] == plain(registry.requests(as_of=at)), moment
        (page,) = [each for each in rows(found, "pages") if each["requests"]] or [{"requests": [], "checks": []}]
        assert page == {
            **page,
            **{key: plain(getattr(registry.version("fraud@1", as_of=at), key)) for key in ("checks", "requests")},
        }
        for each in found["requests"]["requests"]:
            seen.add((sum(rule["passed"] for rule in each["rules"]), *(one["why"] for one in each["approvals"])))
    stale = "stale: it would replace fraud@2, and now fraud@1"
    assert seen == {(3,), (4, None), (3, stale), (2, stale)}  # the check has expired at last


def test_a_result_of_a_check_has_its_state_where_all_are_listed(tmp_path):
    world = World(tmp_path)
    world.register("fraud")
    for result, expires in (("fail", None), ("pass", "30d")):
        world.registry.record_check("fraud@1", "bias", result, expires=expires)
    world.registry.record_check("fraud@1", "drift", "pass")
    world.pass_time(days=40)
    found = documents("".join(world.registry.page()))["report"]["checks"]
    assert [(each["name"], each["result"], each["state"]) for each in found] == [
        ("bias", "fail", "superseded"), ("bias", "pass", "expired"), ("drift", "pass", "current"),
    ]  # fmt: skip


def test_the_page_names_no_place_outside_of_itself(page):
    markup = PART.sub("", page)
    ours = markup.replace(web._template().partition("<script>")[2], "")
    assert re.findall(r'(?:src|href|action|data|poster|srcset)\s*=\s*["\']?([^"\'\s>]+)', ours) == ["data:,", "#/"]
    assert "@import" not in markup
    assert "url(" not in markup.partition("<style>")[2].partition("</style>")[0]


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    told = dict(each.split(" ", 1) for each in policy.split("; "))

    def source(tag):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert told == {
        "default-src": "'none'", "script-src": source("script"), "style-src": source("style"), "img-src": "data:",
        "base-uri": "'none'", "form-action": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "'none'",
    }  # fmt: skip


def test_the_title_is_text():
    history = History()
    history.register("fraud", "one")
    made = "".join(history.registry.page(title="</title><script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"))
    assert "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u202e</title>" in made
    for title in ("\0", " ", "\ud800"):
        with pytest.raises(UsageError):
            history.registry.page(title=title)


def test_nothing_of_a_registry_stands_in_the_markup(page):
    assert "scores live payments" not in page
    assert "evil.example" not in page
    assert "evil.example" in json.dumps(documents(page))


def test_scripts_put_no_text_in_as_markup():
    for name in web.SCRIPTS:
        text = web._text(name)
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|setAttribute\(.style|DOMParser|createContextualFragment",
            text,
        ), name


def test_the_library_is_as_it_is_published():
    assert {name: hashlib.sha256(web._text(name).encode()).hexdigest() for name in LIBRARY} == LIBRARY
    assert "Permission is hereby granted, free of charge" in web._template()


def test_parts_are_read_as_of_one_entry_while_others_write():
    history = History()
    for number in range(3):
        history.register("fraud", f"bytes {number}")
    parts = whole_registry(history.registry._context, None, "t")
    next(parts)
    history.register("fraud", "later")
    history.register("churn", "later too")
    found = dict(parts)
    assert [each["version"] for each in rows(found, "versions")] == [3, 2, 1]
    assert [each["name"] for each in found["index"]["models"]] == ["fraud"]
    assert found["index"]["head"]["seq"] == rows(found, "entries")[0]["seq"]


def test_a_registry_of_an_older_schema_makes_the_same_page_with_one_replay(tmp_path):
    world = tell_story(World(tmp_path))
    before = page_of(world.registry)
    tables = [name for (name,) in world.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    gone = [f"DROP TABLE {name}" for name in tables if name not in {"entry", "details", "document"}]
    world.edit(*gone, "PRAGMA user_version = 0")
    opened = []

    class Counted(Database):
        def reading(self):
            opened.append(self)
            return super().reading()

    parts = whole_registry(
        replace(world.context, database=Counted(str(world.home))),
        f"seq:{len(world.registry.audit())}",
        "Model registry",
    )
    assert "".join(web.html_page("Model registry", parts)) == before
    assert len(opened) == 1


def test_a_paper_that_was_not_finished_leaves_what_was_there(tmp_path):
    def parts():
        yield b"begun"
        raise OSError(28, "No space left on device")

    path = str(tmp_path / "page.html")
    with pytest.raises(RegistryUnavailable, match="no space left"):
        write_paper(path, parts(), force=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "page.html").write_text("old")
    with pytest.raises(RegistryUnavailable, match="no space left"):
        write_paper(path, parts(), force=True)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]
