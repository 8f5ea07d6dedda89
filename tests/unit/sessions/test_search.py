"""Searching names and what was said: which sessions, which pieces, which places, at what cost."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.kit.documents import Patch
from shared.kit.metered import DatabaseUsage, MeteredDocuments
from shared.sessions.models import NewSession, RunRequest
from shared.sessions.runs import RunStore, run_path
from shared.sessions.search import RUNS, Found, Search, snippet
from shared.sessions.words import Query, normal
from tests.support.domain import Instance


def search(instance: Instance, text: str, user: str | None = None, limit: int = 20, usage: DatabaseUsage | None = None) -> list[Found]:
    query = Query.of(text)
    assert query is not None
    documents = MeteredDocuments(instance.store, usage or DatabaseUsage())
    return Search(documents, RunStore(documents, instance.blobs)).find(query, user, limit)


def cut(text: str, ranges: list[tuple[int, int]]) -> list[str]:
    """What the ranges show, cut as JavaScript cuts."""
    units = text.encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in ranges]


def test_a_message_and_an_answer_are_found_with_their_pieces(instance: Instance) -> None:
    run = instance.say("🙂 Where is the Eiffel tower?").id
    instance.say("something else", "s2")
    (found,) = search(instance, "EIFFEL tow")
    assert (found.session, found.agent) == ("s1", "a1")
    assert [(piece.run, piece.role) for piece in found.snippets] == [(run, "user"), (run, "assistant")]
    for piece in found.snippets:
        assert cut(piece.text, piece.ranges) == ["Eiffel", "tow"]


def test_all_words_must_occur_and_the_last_may_be_begun(instance: Instance) -> None:
    instance.say("alpha beta gamma")
    for text, hits in (("alpha gam", 1), ("gamma alpha", 1), ("alpha delta", 0), ("alp gamma", 0), ("beta", 1), ("omega", 0)):
        assert len([each for each in search(instance, text) if each.snippets]) == hits, text


def test_a_name_is_found_by_a_part_before_what_was_said_and_archived_ones_too(instance: Instance) -> None:
    instance.sessions.create(NewSession("named", "a1", "u1", name="Quarterly report"))
    instance.sessions.update("named", {"archived": True})
    time.sleep(0.002)
    instance.say("the port of Oslo", "said")
    found = search(instance, "port")
    assert [each.session for each in found] == ["said", "named"]
    assert cut(found[1].name, found[1].title_ranges) == ["port"]
    instance.sessions.update("said", {"name": "Oslo"})
    found = search(instance, "port")
    assert [each.session for each in found] == ["named", "said"], "names come first"
    assert (found[1].title_ranges, len(found[1].snippets)) == ([], 2)
    assert [each.session for each in search(instance, "port", limit=1)] == ["named"]


def test_a_user_finds_their_own_only(instance: Instance) -> None:
    instance.say("common words", "s1")
    instance.say("common words", "s2", user="u2")
    assert [each.session for each in search(instance, "common words", "u2")] == ["s2"]
    assert {each.session for each in search(instance, "common words")} == {"s1", "s2"}
    instance.deletions.delete("s2")
    assert search(instance, "common words", "u2") == []


def test_what_lies_in_a_blob_is_found_with_its_place(instance: Instance) -> None:
    instance.say("needle " + "x" * 400_000)
    (found,) = search(instance, "needle")
    assert [cut(piece.text, piece.ranges) for piece in found.snippets] == [["needle"], ["needle"]]


def test_a_search_reads_so_many_runs_and_no_more(instance: Instance) -> None:
    request = _request(instance)
    for number in range(RUNS + 30):
        create = instance.runs.create(f"r{number}", request, "", "d", parent="", begins=False)
        instance.store.inner.commit(create)
    usage = DatabaseUsage()
    assert search(instance, "again zzz", usage=usage) == []
    assert usage.reads == RUNS + 1, "the runs, and the name of the one session"


def test_a_word_is_found_while_it_is_typed(instance: Instance) -> None:
    instance.say("Quarterly report")
    instance.say("to reporters", "s2")
    for text, sessions in (
        ("re", set()),
        ("rep", {"s1", "s2"}),
        ("report", {"s1", "s2"}),
        ("reporte", {"s2"}),
        ("quarterl", {"s1"}),
        ("quarterly", {"s1"}),
        ("quarterlies", set()),
        ("to reporter", {"s2"}),
    ):
        assert {each.session for each in search(instance, text) if each.snippets} == sessions, text
    found = next(each for each in search(instance, "repo") if each.session == "s2")
    assert [cut(piece.text, piece.ranges) for piece in found.snippets] == [["repo"], ["repo"]]


def test_a_begun_word_and_the_word_itself_are_found_newest_first_and_once(instance: Instance) -> None:
    for number, text in enumerate(("report", "report of reports", "reports", "report")):
        instance.say(text, f"s{number}")
        instance.sessions.update(f"s{number}", {"name": "x"})
        time.sleep(0.002)
    found = search(instance, "report")
    assert [(each.session, len(each.snippets)) for each in found] == [("s3", 2), ("s2", 2), ("s1", 2), ("s0", 2)]


def test_a_run_that_was_stored_without_beginnings_is_found_by_its_whole_words(instance: Instance) -> None:
    run = instance.say("quarterly report")
    instance.store.commit(Patch(run_path(run.id), {"words": ["quarterly", "report", "to"]}))
    instance.sessions.update("s1", {"name": "x"})
    for text, hits in (("report", 1), ("quarterly rep", 1), ("repor", 0)):
        assert len(search(instance, text)) == hits, text


def test_a_begun_word_reads_little_more_runs_than_a_whole_one(instance: Instance) -> None:
    request = _request(instance)
    for number in range(2 * RUNS):
        word = "again" if number % 2 else "against"
        create = instance.runs.create(f"r{number}", replace(request, message=word), "", "d", parent="", begins=False)
        instance.store.inner.commit(create)
    usage = DatabaseUsage()
    assert [each.session for each in search(instance, "agai", usage=usage)] == ["other"]
    assert RUNS < usage.reads <= RUNS + 25 + 2


def _request(instance: Instance) -> RunRequest:
    return replace(instance.say("again and again", "other").request, session="gone")


TEXTS = st.text(st.sampled_from("abAB é🙂ß\n.北"), max_size=400)


@given(text=TEXTS, asked=st.text(st.sampled_from("abAB éß北"), min_size=1, max_size=6))
def test_every_range_of_a_piece_is_the_word_that_is_searched_for(text: str, asked: str) -> None:
    query = Query.of(asked)
    found = None if query is None else snippet(text, query)
    if query is None or found is None:
        return
    piece, ranges = found
    assert ranges
    assert len(piece) <= 202 + len(text)
    assert ranges == sorted(ranges)
    for shown in cut(piece, ranges):
        assert normal(shown) in query.whole or normal(shown).startswith(query.start), (shown, query)


def test_a_piece_of_a_long_text_is_short_and_marked_where_it_is_cut() -> None:
    query = Query.of("needle")
    assert query is not None
    found = snippet("before " * 100 + "needle " + "after\n" * 100, query)
    assert found is not None
    assert found[0].startswith("…")
    assert found[0].endswith("…")
    assert len(found[0]) == 202
    assert cut(*found) == ["needle"]


def test_a_piece_shows_words_and_no_marks(instance: Instance) -> None:
    answer = "## The **needle**\n\n- see [needle 🙂 case](https://needle.example)\n- `needle*s*`\n\n```py\nneedle = **x\n```\n"
    query = Query.of("needle")
    assert query is not None
    found = snippet(answer, query)
    assert found is not None
    assert found[0] == "The needle see needle 🙂 case needle*s* needle = **x"
    assert cut(*found) == ["needle"] * 4
    instance.say("# My *first* **needle**")
    (hit,) = search(instance, "needle")
    assert (hit.name, cut(hit.name, hit.title_ranges)) == ("My first needle", ["needle"])


def test_what_only_a_mark_holds_is_shown_as_it_is_written() -> None:
    query = Query.of("example")
    assert query is not None
    found = snippet("see [this](https://d.example/)", query)
    assert found is not None
    assert found[0] == "see [this](https://d.example/)"
    assert cut(*found) == ["example"]


def test_a_piece_from_the_middle_of_a_megabyte_is_cut_at_a_word() -> None:
    query = Query.of("port")
    assert query is not None
    for before in range(3990, 4010):
        found = snippet("x" * 500_000 + " re" + "port" * 2 + " " + "y " * (before // 2) + "port. " + "z " * 200_000, query)
        assert found is not None
        assert cut(*found) == ["port"]
        assert found[0].startswith("…y")
