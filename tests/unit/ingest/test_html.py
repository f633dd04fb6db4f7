"""HTML becomes what its reader sees, and what a person typed between angle brackets is text."""

import pytest

from retriever.ingest.cleaning.adf import adf_to_text, wiki_to_text
from retriever.ingest.cleaning.html import html_to_text, looks_like_html, unescaped
from retriever.ingest.sources.github import markdown_text
from retriever.ingest.sources.jira import body_text
from retriever.ingest.sources.record import written

TEXTS = {
    "pre with br": ("<pre>a = 1<br>b = 2<br/>c = 3</pre>", "```\na = 1\nb = 2\nc = 3\n```"),
    "pre with blocks": ("<pre><div>one</div><div>two</div></pre>", "```\none\ntwo\n```"),
    "pre with code and spans": ("<pre><code><span>a</span>\n  <b>b</b></code></pre>", "```\na\n  b\n```"),
    "pre that holds a fence": ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    "kept white space": ('<div style="white-space: pre-wrap">one\ntwo</div>three', "one\ntwo\nthree"),
    "struck": ("<p>Use <del>v1</del> <strike>v2</strike> v3.</p>", "Use ~~v1~~ ~~v2~~ v3."),
    "struck by style": ('<span style="text-decoration: line-through">old</span> new', "~~old~~ new"),
    "nothing struck": ("a<s></s>b", "ab"),
    "list that starts elsewhere": ('<ol start="9"><li>a</li><li>b</li></ol>', "9. a\n10. b"),
    "list that starts at nothing": ('<ol start="0"><li>a</li><li>b</li></ol>', "0. a\n1. b"),
    "item with a number": ("<ol><li>a</li><li value=5>b</li><li>c</li></ol>", "1. a\n5. b\n6. c"),
    "letters": ('<ol type="a"><li>x</li><li>y</li></ol>', "a. x\nb. y"),
    "wrong start": ('<ol start="x"><li>a</li></ol>', "1. a"),
    "list within a list": ("<ol start=3><li>a<ol><li>b</li></ol></li><li>c</li></ol>", "3. a\n  1. b\n4. c"),
    "key": ("<p>Press <ENTER> and <Ctrl>+<F5></p>", "Press <ENTER> and <Ctrl>+<F5>"),
    "placeholder": ("<p>Write <your-name> to <b>/etc/x</b></p>", "Write <your-name> to /etc/x"),
    "generics": ("<p>Map<String, List<Object>> and Set<Data></p>", "Map<String, List<Object>> and Set<Data>"),
    "small generics": ("<p>IList<object> and vector<time></p>", "IList<object> and vector<time>"),
    "xml": ('<p><error code="5">full</error> <Item Id="A"/></p>', '<error code="5">full</error> <Item Id="A"/>'),
    "address": ("<p>Ask <eva@x.example> or <https://x.example/a></p>", "Ask <eva@x.example> or <https://x.example/a>"),
    "old capitals": ("<P>one<BR>two <B>three</B></P>", "one\ntwo three"),
    "namespaces": ("<p>put <soap:Body> and <std::string> there</p>", "put <soap:Body> and <std::string> there"),
    "office": ("<p>one<o:p></o:p></p>", "one"),
    "power": (
        "<p>10<sup>6</sup> and 2<sup class='a'>-3</sup>, m<sup>2</sup>, 2<sup>n</sup></p>",
        "10^6 and 2^-3, m^2, 2^n",
    ),
    "no power": ("<p>1<sup>st</sup>, 2<sup>e</sup>, n<sup>o</sup>, X<sup>TM</sup></p>", "1st, 2e, no, XTM"),
    "formula": ("<p>H<sub>2</sub>O, log<sub>2</sub></p>", "H2O, log2"),
    "base": ("<p>101<sub>2</sub> is 5<sub>10</sub></p>", "101_2 is 5_10"),
    "tag as code": ("<p>Put <code><div></code> and <code></p></code> there</p>", "Put `<div>` and `</p>` there"),
    "comparison": ("<p>if a <b and c> d</p>", None),
}


@pytest.mark.parametrize(("html", "text"), TEXTS.values(), ids=TEXTS)
def test_a_reader_sees_this(html: str, text: str | None) -> None:
    """Code with its lines, struck text as such, lists with their numbers, brackets that open no tag."""
    if text is None:
        assert "if a" in html_to_text(html)
    else:
        assert html_to_text(html) == text


@pytest.mark.parametrize(
    "text",
    [
        "Add </div> at the end of the template.",
        "Put a <br> between the lines.",
        'The page shows "</p>" behind each name.',
        "Wrap it in `<p>Total</p>` and save.",
        "Use this:\n```html\n<p>Total</p><br>\n```\nthen save.",
        "Press <ENTER>, then <ESC>.",
        "请在</body>标签前加入代码。",
        "Optional<String> is empty",
    ],
)
def test_a_tag_that_is_spoken_of_is_text(text: str) -> None:
    """A plain text is not read as HTML for it, so nothing is lost."""
    assert not looks_like_html(text)
    assert written(text) == text


@pytest.mark.parametrize(
    "html",
    [
        "<p>It fails</p>",
        "one<br>two",
        "one<br />\ntwo",
        "<div>\n<span>one</span>\n</div>",
        "see <a href='x'>this</a> page",
    ],
)
def test_marked_up_text_is_html(html: str) -> None:
    """Tags that stand at the text they mark up."""
    assert looks_like_html(html)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("Don&#39;t &amp; won&#x27;t", "Don't & won't"),
        ("5 &gt; 3 &lt; 7", "5 > 3 < 7"),
        ("caf&eacute;&nbsp;bar", "café\u00a0bar"),
        ("Tom &quot;the cat&quot;", 'Tom "the cat"'),
        ("Write &amp; instead of & there", "Write &amp; instead of & there"),
        ("Use &amp; in the XML file", "Use &amp; in the XML file"),
        ("Look at https://x.example/?a=1&lt=2", "Look at https://x.example/?a=1&lt=2"),
        ("Type `&amp;` there", "Type `&amp;` there"),
        ("<p>a &amp; b</p>", "<p>a &amp; b</p>"),
    ],
)
def test_entities_of_a_program_are_read(escaped: str, text: str) -> None:
    """Those that a person wrote about stay."""
    assert unescaped(escaped) == text


def test_escaped_markup_is_markup() -> None:
    """A program that escaped a whole mail is undone, and then read."""
    assert (
        written("&lt;p&gt;Open the lid&lt;/p&gt;&lt;ul&gt;&lt;li&gt;wait&lt;/li&gt;&lt;/ul&gt;")
        == "Open the lid\n\n- wait"
    )


def test_powers_of_markdown_are_powers() -> None:
    """Where GitHub's tags are taken away; those in code stay."""
    assert markdown_text("about 10<sup>6</sup> rows of H<sub>2</sub>O") == "about 10^6 rows of H2O"
    assert markdown_text("write `10<sup>6</sup>` there") == "write `10<sup>6</sup>` there"


def test_documents_know_where_lists_start_and_what_is_struck() -> None:
    """As their editors write it."""
    struck = {"type": "text", "text": "8080", "marks": [{"type": "strike"}]}
    item = {"type": "listItem", "content": [{"type": "paragraph", "content": [struck]}]}
    document = {"type": "doc", "content": [{"type": "orderedList", "attrs": {"order": 4}, "content": [item, item]}]}

    assert adf_to_text(document) == "4. ~~8080~~\n5. ~~8080~~"


def test_numbers_of_wiki_lists_are_counted() -> None:
    """Also within each other, and anew behind a paragraph."""
    wiki = "# stop\n## fully\n## wait\n# start\n\ntext\n# again\n* no number"

    assert wiki_to_text(wiki) == "1. stop\n  1. fully\n  2. wait\n2. start\n\ntext\n1. again\n- no number"


def test_tags_in_wiki_code_make_no_html_of_the_rest() -> None:
    """What stands around the code keeps its lines and brackets."""
    wiki = "Set <your-name>:\n{code:html}\n<p>x</p><br>\n{code}\nthen wait."

    assert body_text(wiki) == "Set <your-name>:\n\n```\n<p>x</p><br>\n```\n\nthen wait."
