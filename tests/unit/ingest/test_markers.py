"""The marks that mail programs put into their HTML tell quotes and signatures; a postscript is never lost."""

import pytest

from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.cleaning.signature import is_postscript
from retriever.ingest.sources.record import written_html

SAID = "Replace the toner drum K2 now."
S = f"<p>{SAID}</p>"
Q = "<p>It does not print at all.</p>"
MARKED = {
    "netease": S
    + '<pre>At 2024-03-12 09:15:12, "Bob" <bob@x.example> wrote:</pre><blockquote id="isReplyContent">'
    + Q
    + "</blockquote>",
    "netease plain bq": S
    + '<pre>At 2024-03-12 09:15:12, "Bob" &lt;bob@x.example&gt; wrote:</pre>\n<blockquote>'
    + Q
    + "</blockquote>",
    "netease zh": S
    + '<pre>在 2024-03-12 09:15:12，"张三" <z@x.example> 写道：</pre><blockquote id="isReplyContent">'
    + Q
    + "</blockquote>",
    "netease master": S + '<div class="ntes-mailmaster-quote">' + Q + "</div>",
    "zammad sig": S + '<div data-signature="true" data-signature-id="1">Eva Long<br>Desk</div>',
    "mailru sig": S + '<div data-signature-widget="container">Eva Long</div>',
    "spark": S + '<div name="messageSignatureSection">Eva</div><div name="messageReplySection">'
    "On 14 Oct 2025 at 16:05 +0200, Bob <b@x.example>, wrote:"
    "<blockquote>" + Q + "</blockquote></div>",
    "outlook mobile": S
    + '<div id="mail-editor-reference-message-container"><div class="ms-outlook-mobile-reference-message skipProofing">'
    "<b>From:</b> Bob</div>" + Q + "</div>",
    "outlook mobile bare": S
    + '<div class="ms-outlook-mobile-reference-message skipProofing"><b>From:</b> Bob</div><div>'
    + Q
    + "</div>",
    "outlook prefixed": S + '<div id="x_divRplyFwdMsg">From: Bob</div>' + Q,
    "hotmail": S + '<hr id="stopSpelling">Date: x<br>' + Q,
    "yahoo": S + '<div class="ydp1a2b3c4dyahoo_quoted" id="yahoo_quoted_1">' + Q + "</div>",
    "yahoo sig": S + '<div class="ydp1a2b3c4dsignature yahoo-signature">Eva</div>',
    "gmx": S + '<div name="quote" style="margin:10px"><div name="quoted-content">' + Q + "</div></div>",
    "zimbra": S + '<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>Bob</div>'
    '<div data-marker="__QUOTED_TEXT__">' + Q + "</div>",
    "roundcube": S
    + '<p id="reply-intro">On 2025-10-14 16:05, Bob wrote:</p><blockquote type="cite">'
    + Q
    + "</blockquote>",
    "apple sig": S + '<div id="AppleMailSignature">Eva</div>',
    "aliyun": S + '<div class="__aliyun_previous_quote">' + Q + "</div>",
    "gmail prefixed": S + '<div class="m_-123456789gmail_quote">' + Q + "</div>",
    "front": S
    + '<div class="front-signature">Eva</div><blockquote type="cite" class="front-blockquote">'
    + Q
    + "</blockquote>",
    "zoho": S + '<div class="zmail_extra">' + Q + "</div>",
    "outlook 2003": S + '<span id="OLK_SRC_BODY_SECTION">' + Q + "</span>",
}


@pytest.mark.parametrize("rest", MARKED.values(), ids=MARKED)
def test_what_a_program_marks_goes(rest: str) -> None:
    """Whatever program wrote it, and also behind the prefix of another."""
    assert written_html(rest) == SAID


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<p>See:</p><pre>On 2025-10-14 16:05, Bob &lt;b@x.example&gt; wrote:</pre><p>breaks it.</p>",
            "See:\n\n```\nOn 2025-10-14 16:05, Bob <b@x.example> wrote:\n```\n\nbreaks it.",
        ),
        ("<pre>rm a</pre><blockquote>Never do this.</blockquote>", "```\nrm a\n```\n\nNever do this."),
        ('<div class="quote">Never open it.</div><p>Wait.</p>', "Never open it.\n\nWait."),
        ('<a name="quote"></a><p>Set it in double marks.</p>', "Set it in double marks."),
        ('<p class="signature-help">Sign the form in blue.</p>', "Sign the form in blue."),
        ('<div data-signature="false">Sign it in blue ink.</div>', "Sign it in blue ink."),
        ('<p>Fix it.</p><div id="Signature">Eva<br>P.S. Restart it.</div>', "Fix it.\n\nEva\nP.S. Restart it."),
        (
            '<p>Fix it.</p><div class="gmail_signature">Eva<br>Nachtrag: neu laden</div>',
            "Fix it.\n\nEva\nNachtrag: neu laden",
        ),
    ],
)
def test_what_only_looks_marked_stays(html: str, text: str) -> None:
    """Code that is an announcement, classes of a page, and signatures that somebody wrote on below."""
    assert written_html(html) == text


POSTSCRIPTS = ["P.S. Restart spooler", "PS: Restart spooler", "PS Restart spooler", "p.s.: Reset", "P. S. Reset",
               "Nachtrag: Treiber neu", "Nachtrag\nTreiber Neustart", "Ergänzung: Port 8080", "PD: Reiniciar",
               "P.-S. : Redémarrer", "*PS:* Reset", "(PS: Reset)", "附言：重启服务", "追伸：再起動", "추신: 재시작",
               "P.P.S. Reset", "NB: Reset", "Постскриптум: перезапуск", "З.І. перезапуск"]  # fmt: skip


@pytest.mark.parametrize("postscript", POSTSCRIPTS)
@pytest.mark.parametrize("ending", ["Best regards,\nEva Long", "-- \nEva Long\nField Service", "Thanks\nEva",
                                    "Mit freundlichen Grüßen\nEva Lang\n\nBeispiel GmbH"])  # fmt: skip
def test_a_postscript_stays(postscript: str, ending: str) -> None:
    """With what stands above it, for a signature that somebody wrote on below is none."""
    text = f"Replace the cable.\n\n{ending}\n\n{postscript}"

    assert clean_mail(text) == text


@pytest.mark.parametrize("line", ["Psychology Dept.", "Postscripting Ltd", "Nachtragsweg 3", "Eva Long", "Editha"])
def test_names_are_no_postscripts(line: str) -> None:
    """They only begin like one."""
    assert not is_postscript(line)
    assert clean_mail(f"Replace the cable.\n\nBest regards,\n{line}") == "Replace the cable."
