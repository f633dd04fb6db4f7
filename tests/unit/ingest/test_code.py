"""Code in a text with Markdown's marks is found as a page would show it, and nothing is done to it."""

import pytest

from retriever.ingest.cleaning.code import fenced_lines, outside_code
from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.sources.github import markdown_text

HTML = "<br><!-- stays --><img src='a.png'>![logo](x.png)"
CODE = {
    "fence": f"Do:\n```html\n{HTML}\n```\nnow",
    "fence in a list": f"1. Do:\n   ```html\n   {HTML}\n   ```\n2. now",
    "fence behind the mark": f"- ```html\n  {HTML}\n  ```\n- now",
    "fence with tabs": f"* Do:\n\n\t```\n\t{HTML}\n\t```",
    "long fence": f"````md\n```\n{HTML}\n```\n{HTML}\n````\nnow",
    "tildes": f"~~~ html\n{HTML}\n~~~\nnow",
    "tildes around a fence": f"~~~\n```\n{HTML}\n~~~\nnow",
    "open fence": f"Do:\n```\n{HTML}",
    "indented": f"Do:\n\n    {HTML}\n\n    {HTML}\n\nnow",
    "indented by a tab": f"Do:\n\n\t{HTML}\nnow",
    "inline": f"Put `{HTML}` at the end.",
    "inline, two marks": f"Put ``{HTML} ` {HTML}`` at the end.",
    "inline over two lines": "Put `<br>\n<!-- a -->` at the end.",
    "fence in a quote": f"Do this:\n> ```\n> {HTML}\n> ```\nnow",
}


@pytest.mark.parametrize("markdown", CODE.values(), ids=CODE)
def test_code_is_untouched(markdown: str) -> None:
    """Tags, comments and images in code are what the author wants to show."""
    assert markdown_text(markdown) == markdown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("<!-- fill in -->\nIt fails.", "It fails."),
        ("<!--\n```\ntemplate\n```\n-->\nIt fails.", "It fails."),
        ("<!-- put logs between ``` and ``` -->It fails.", "It fails."),
        ("<details><summary>Log</summary>\n\nIt fails.\n</details>", "Log\n\nIt fails."),
        ("See ![screen](https://a.example/b.png) and wait", "See screen and wait"),
        ("a ` b <br> c", "a ` b  c"),
        ("one `\n\n<br>two `", "one `\n\ntwo `"),
        ("~~~~~~~~\nA <br>heading of tildes", "~~~~~~~~\nA heading of tildes"),
    ],
)
def test_what_a_page_does_not_show_goes(markdown: str, shown: str) -> None:
    """Outside of code: also where marks of code are open, or stand within a comment."""
    assert markdown_text(markdown) == shown


def test_marks_of_fences_close_their_own_kind() -> None:
    """A shorter run, another sign, or a run with words behind it is a line of the code."""
    lines = ["````", "```", "~~~~", "```` x", "````", "out"]

    assert fenced_lines(lines) == [True, True, True, True, True, False]


def test_a_text_that_holds_the_inner_mark_is_no_trap() -> None:
    """The sign that stands for code while the rest is changed may not be smuggled in."""
    assert outside_code("\x000\x00 `code` \x001\x00", str.upper) == "0 `code` 1"


def test_mail_in_a_fence_is_code() -> None:
    """Whatever kind of fence it is."""
    for fence in ("```", "~~~", "`````"):
        quoted = "On 14 Oct 2025 at 16:05, Bob <b@example.org> wrote:\n> a\n> b"
        text = f"Look at the log:\n\n{fence}\n{quoted}\n{fence}\nIt stops."
        assert clean_mail(text) == text
