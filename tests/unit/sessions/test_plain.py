"""Markdown as plain words: what is a mark goes, what only looks like one stays, and no text takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.plain import plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Head\n\nA **b** _c_ ~~d~~ ***e*** __f__", "Head A b c d e f"),
        ("**bold _it_ b** and *it **b** it*", "bold it b and it b it"),
        ('see [the **page**](https://d.example/a_(b) "title") and ![alt](i.png)', "see the page and alt"),
        ("[![build](badge.svg)](https://ci.example) <https://x.example/y>", "build https://x.example/y"),
        ("- [x] one\n* two\n+ three\n1. four", "one two three 1. four"),
        ("> quoted\n> > twice", "quoted twice"),
        ("| a | b |\n|---|:-:|\n| **1** | `2` |", "a b 1 2"),
        ("```python\nx = a*b*c  # **no**\n```\nafter", "x = a*b*c # **no** after"),
        ("~~~\n``` **x**\n~~~~\n**y**", "``` **x** y"),
        ("**`a*b*c`**: `__init__` is ``x`` \\*kept\\*", "a*b*c: __init__ is x *kept*"),
        ("Title\n=====\n\ntext\n\n---\nmore", "Title text more"),
        ("fish &amp; chips&nbsp;&lt;3<br/>end", "fish & chips <3 end"),
        ("这是**重点**内容", "这是重点内容"),
        ("two\nlines **over\nlines**", "two lines over lines"),
    ],
)
def test_marks_go_and_words_stay(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 and x**2 + y**2",
        "snake_case_name and _private",
        "def f(*args, **kwargs)",
        "a < b and c > d; List<String>",
        "AT&T ?a=1&copy=2",
        "a | b | c",
        "f[i](x y)",
        "unclosed **bold and `code and [link](",
        "5 * 3 = 15 * 1",
        "#hashtag -5 >no",
    ],
)
def test_what_is_no_mark_beyond_doubt_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


@given(st.text(st.sampled_from("ab é北\n\t.,!?"), max_size=200))
def test_a_text_without_marks_keeps_every_word(text: str) -> None:
    assert plain(text) == " ".join(text.split())


@given(st.text(st.sampled_from("a*_`~[]()!\\<>&;#-|\n \ue000\ue001" + "1"), max_size=120))
def test_no_text_breaks_it(text: str) -> None:
    words = plain(text)
    assert words == " ".join(words.split())
    assert "\ue000" not in words


@pytest.mark.parametrize(
    "part",
    [
        "[",
        "`",
        "*",
        "*a",
        "_a ",
        "** a",
        "~~a",
        "[a](",
        "[x]((",
        '[a](b "',
        "(a",
        "` `` ",
        "\\`",
        "- ",
        ">",
        "|",
        "- |",
        " ",
        "\n",
        "&a",
        "<a",
        "```\n",
        "-\t",
    ],
)
def test_time_grows_with_the_text_whatever_is_in_it(part: str) -> None:
    text = part * (40_000 // len(part)) + "x"
    started = time.process_time()
    plain(text)
    assert time.process_time() - started < 1, "quadratic time takes minutes"
