"""Lines marked with `>` go where there is evidence of an earlier mail; paths, prompts and quotes on purpose stay."""

import pytest

from retriever.ingest.cleaning.mail import clean_mail
from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.ticket import SkipReason

WROTE = "On Mon, Jan 5, 2026 at 3:04 PM Bob <bob@x.example> wrote:"
CONTENT = [
    "To change it go to\n> Settings\n> Network\n> Proxy\nand switch it off.",
    "Open the shell and run\n> ipconfig /release\n> ipconfig /renew\nThen restart.",
    "> ipconfig\n> ipconfig /renew\n\nThen restart.",
    "The manual writes on page 4\n\n> Never open the lid while it turns.\n> Wait for the lamp.\n\nso please wait.",
    "1. Open\n> Start\n> Control panel\n2. Close it",
    "> 1. Open the lid\n> 2. Wait\n> 3. Close it",
    "Steps\n> Open the lid\n> Wait\n> Close it\nDone.",
    "进入\n> 设置\n> 网络\n然后关闭。",
    "The log of 2025-10-14 16:05 shows:\n> ERROR disk full\n> ERROR retry\nThen it stops.",
    "Ask at help@example.com like this:\n> subject: reset\n> body: my name\nand wait.",
    "Change the template to\n\n> Dear customer,\n> thanks for your order\n\nand save it.",
    "Use this template\n\n> Dear customer,\n> thanks for your order",
    "On screen:\n\n> no boot device\n> press any key\n\nThen nothing.",
    "Run this\n> select 1;\n> select 2;",
    "It shows\n> a\n>> b\n> c\nand ends.",
    "The config has\n> user: bob@example.com\n> date: 2025-10-14 16:05\nwhich is wrong.",
    "Fixed it, see the note of the vendor\n\n> Version 3 drops TLS 1.0\n> Use 1.2",
    "> Note: this needs admin rights\n> and a reboot\n\nRun setup.exe.",
    "PS C:\\> dir\n> a\n> b",
]
REPEATED = [
    (
        "Replaced the fuser.\n\n> On 14 Oct 2025 at 16:05, Bob <b@example.org> wrote:\n>> it fails\n>> since Monday",
        "Replaced the fuser.",
    ),
    ("Replaced the fuser.\n\n> Hi,\n> the printer fails since Monday.\n> Thanks\n> Bob", "Replaced the fuser."),
    ("> Hi,\n> the printer fails since Monday.\n\nReplaced the fuser.", "Replaced the fuser."),
    ("Replaced the fuser.\nBest regards\nTom Reed\n\n> Hello team,\n> the printer fails", "Replaced the fuser."),
    ("Replaced the fuser.\n\n> > the printer fails\n> have you restarted?", "Replaced the fuser."),
    (
        f"{WROTE}\n> Does it print?\n\nYes it does.\n\n> Does it scan?\n\nNo, replace the lamp.",
        "Yes it does.\n\n\nNo, replace the lamp.",
    ),
    (
        f"{WROTE}\n> Does it print?\nYes it does\n> Does it scan?\nReplace the lamp",
        "Yes it does\nReplace the lamp",
    ),
    (
        "Replaced it.\n\n> From: Bob <bob@x.example>\n> Sent: 14 October 2025 16:05\n> To: desk\n> Subject: x\n> no",
        "Replaced it.",
    ),
    (
        "Replaced the fuser.\n\n> it still fails\n> On 14 Oct 2025 at 16:05, Bob <b@example.org> wrote:\n>> it fails",
        "Replaced the fuser.",
    ),
    (
        f"{WROTE}\n> Where?\n\nGo to\n> Settings\n> Network",
        "Go to\n> Settings\n> Network",
    ),
]


@pytest.mark.parametrize("text", CONTENT)
def test_marked_lines_without_evidence_stay(text: str) -> None:
    """Alone, at the end of a text and before more of it."""
    for whole in (text, f"It began today.\n\n{text}", f"{text}\n\nThat is all."):
        assert clean_mail(whole) == whole


@pytest.mark.parametrize(("text", "said"), REPEATED)
def test_marked_lines_of_an_earlier_mail_go(text: str, said: str) -> None:
    """An announcement above or among them, a letter's greeting or sign-off, marks within marks."""
    assert clean_mail(text) == said


@pytest.mark.parametrize(
    ("comment", "solution"),
    [
        ("> it crashes\n> again\n\nAdd an empty profile to the file.", "Add an empty profile to the file."),
        ("> [!NOTE]\n> Needs version 2.4\n\nAdd an empty profile.", None),
        ("Add an empty profile:\n\n> name\n> value\n\nand save.", None),
    ],
)
def test_a_quote_reply_of_github_goes(comment: str, solution: str | None) -> None:
    """It is the first thing in a comment; notes and quotes further down are the author's."""
    said = {"body": comment, "author_association": "OWNER", "user": {"login": "eva"}}
    issue = {"number": 1, "title": "It crashes", "body": "> it crashes\n\nEvery day it does.", "state": "closed"}

    row = get_source("github").row({**issue, "state_reason": "completed", "comments": [said]})

    assert not isinstance(row, SkipReason)
    assert row.values["solution"] == (solution or comment)
    assert row.values["problem"] == issue["body"]
