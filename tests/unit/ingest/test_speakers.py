"""What an outsider, a machine or an internal note wrote is never the solution, whatever help desk it came from."""

from collections.abc import Callable
from typing import Any

import pytest

from retriever.ingest.sources.journal import journal_entries, journal_text
from retriever.ingest.sources.notices import is_notice
from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.speakers import is_machine, same_person
from retriever.ingest.sources.ticket import SkipReason

ANSWER = "Replace the toner drum K2, then print the test page."
OTHER = "Mine shows the very same stripes on every page since Friday."
PROBLEM = "The copier on floor two prints stripes on every page."


def solution(source: str, record: dict[str, Any]) -> str:
    """What is taken for the solution of one ticket, or the reason why there is none."""
    row = get_source(source).row(record)
    return str(row) if isinstance(row, SkipReason) else str(row.values["solution"])


def zendesk(*comments: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A solved ticket whose first reply is the agent's."""
    first = {"author_id": 2, "public": True, "body": ANSWER}
    ticket = {"id": 5, "subject": "Copier", "description": PROBLEM, "status": "solved", "requester_id": 1}
    return ticket | {"comments": [first, *comments]} | more


@pytest.mark.parametrize(
    "record",
    [
        zendesk({"author_id": -1, "public": True, "body": OTHER}),
        zendesk({"author_id": 9, "public": True, "body": OTHER}, collaborator_ids=[9]),
        zendesk({"author_id": "9", "public": True, "body": OTHER}, email_cc_ids=[9]),
        zendesk({"author_id": 9, "public": True, "body": OTHER}, collaborators=[{"id": 9, "name": "Cy"}]),
        zendesk({"author_id": 9, "public": True, "body": OTHER}, follower_ids=[9], collaborator_ids=[9]),
        zendesk({"author_id": 9, "public": True, "body": OTHER}, users=[{"id": 9, "role": "end-user"}]),
        zendesk({"author": {"id": 9, "role": "end-user"}, "public": True, "body": OTHER}),
        zendesk({"author_id": 2, "public": "false", "body": OTHER}),
        zendesk({"author_id": 2, "public": True, "via": {"channel": "rule"}, "body": OTHER}),
        zendesk({"author_id": 2, "public": True, "via": {"source": {"rel": "merge"}}, "body": OTHER}),
        zendesk({"author_id": 2, "public": True, "type": "VoiceComment", "body": "Call from +1 555 0100, 3 minutes"}),
        zendesk(
            {"author_id": 2, "public": True, "body": 'Request #8 "Lines" was closed and merged into this request.'}
        ),
    ],
)
def test_zendesk_takes_only_what_an_agent_wrote(record: dict[str, Any]) -> None:
    """The system, copied people, followers, automations, internal notes and merges come after the agent's own reply."""
    assert solution("zendesk", record) == ANSWER


def test_an_assignee_is_an_agent_though_copied() -> None:
    """Zendesk lists followers, who are agents, among the collaborators; and a follower's reply is better than none."""
    last = {"author_id": 9, "public": True, "body": "Use the drum of the other copier until the new one comes."}
    alone = zendesk(last, follower_ids=[9])
    alone["comments"] = [last]

    assert solution("zendesk", zendesk(last, collaborator_ids=[9], assignee_id=9)) == last["body"]
    assert solution("zendesk", alone) == last["body"]


def test_an_empty_description_is_filled_by_the_customer() -> None:
    """Not by an internal note of the desk."""
    record = zendesk({"author_id": 1, "public": True, "body": PROBLEM}, description="")
    record["comments"].insert(0, {"author_id": 2, "public": False, "body": "The customer is in a hurry, as always."})
    row = get_source("zendesk").row(record)

    assert not isinstance(row, SkipReason)
    assert row.values["problem"] == PROBLEM


def incident(journal: str, field: str = "comments", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A resolved incident whose close notes say nothing."""
    record = {"number": "INC9", "state": "6", "short_description": "Copier", "description": PROBLEM}
    return record | {"close_notes": "Done", "caller_id": {"display_value": "Eva Long"}, field: journal} | more


def entry(kind: str, body: str, *, author: str = "Kim Desk", at: str = "2026-02-03 08:00:00") -> str:
    """One entry of a journal."""
    return f"{at} - {author} ({kind})\n{body}\n\n"


COMMENTS = [
    "Additional comments",
    "Additional comments (Customer visible)",
    "Zusätzliche Kommentare",
    "Commentaires supplémentaires",
    "Comentarios adicionales",
    "Comentários adicionais",
    "Commenti aggiuntivi",
    "Дополнительные комментарии",
    "追加コメント",
    "其他评论",
    "추가 댓글",
    "تعليقات إضافية",
]
WORK_NOTES = [
    "Work notes",
    "WORK NOTES",
    "Arbeitsnotizen",
    "Notes de travail",
    "Notas de trabajo",
    "Notas de trabalho",
    "Note di lavoro",
    "Рабочие заметки",
    "作業メモ",
    "工作注释",
    "작업 메모",
    "ملاحظات العمل",
    "Werknotities",
    "Notatki robocze",
    "Çalışma notları",
]
STAMPS = [
    "2026-02-03 08:00:00",
    "03.02.2026 08:00:00",
    "02/03/2026 08:00:00 AM",
    "03-02-2026 08:00",
    "2026/02/03 08:00:00",
    "03/02/2026 08.00.00",
    "03-Feb-2026 08:00:00",
    "2026年2月3日 上午 08:00:00",
    "2026-02-03T08:00:00",
    "2026-02-03 08:00:00 CET",
    "Tue Feb 03 08:00:00 UTC 2026",
]


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_journal_is_read_in_every_format_of_dates(stamp: str, line_end: str) -> None:
    """Its newest comment of the desk is the solution; the internal note above it is not."""
    journal = entry("Work notes", "Between us: they broke it themselves.", at=stamp) + entry(
        "Additional comments", ANSWER, author="Kim Desk (ext)", at=stamp
    )

    assert solution("servicenow", incident(journal.replace("\n", line_end))) == ANSWER


@pytest.mark.parametrize("kind", WORK_NOTES)
def test_work_notes_are_never_a_solution(kind: str) -> None:
    """In no language, and not where they are all there is, in either journal that may hold them."""
    for field in ("comments", "comments_and_work_notes"):
        for stamp in ("03.02.2026 08:00:00", "gestern um 08:00"):
            journal = entry(kind, "Between us: they broke it themselves.", at=stamp)

            assert solution("servicenow", incident(journal, field)) == SkipReason.WORTHLESS
            assert solution("servicenow", incident(journal + entry("Comments", ANSWER), field)) == ANSWER


@pytest.mark.parametrize("kind", COMMENTS)
def test_customer_visible_comments_are_known_by_their_label(kind: str) -> None:
    """In every main language, beside an internal note."""
    journal = entry("Work notes", "Between us: they broke it.") + entry(kind, ANSWER)

    assert solution("servicenow", incident(journal, "comments_and_work_notes")) == ANSWER


@pytest.mark.parametrize(
    "author", ["Eva Long", "Long, Eva", "EVA LONG (Guest)", "System", "Virtual Agent", "Max Watch"]
)
def test_neither_the_caller_nor_a_machine_solves_an_incident(author: str) -> None:
    """However the name is spelled; who only watches does not either."""
    journal = entry("Additional comments", OTHER, author=author) + entry("Additional comments", ANSWER)

    assert solution("servicenow", incident(journal, watch_list="Max Watch, Cy Other")) == ANSWER


OTHER_LANGUAGES = {
    "sv": ("Arbetsanteckningar", "Ytterligare kommentarer"),
    "da": ("Arbejdsnoter", "Yderligere kommentarer"),
    "no": ("Arbeidsnotater", "Tilleggskommentarer"),
    "fi": ("Työmuistiinpanot", "Lisäkommentit"),
    "pl": ("Notatki służbowe", "Dodatkowe komentarze"),
    "cs": ("Pracovní poznámky", "Další komentáře"),
    "sk": ("Pracovné poznámky", "Ďalšie komentáre"),
    "hu": ("Munkajegyzetek", "További megjegyzések"),
    "hr": ("Radne bilješke", "Dodatni komentari"),
    "ro": ("Note de lucru", "Comentarii suplimentare"),
    "bg": ("Работни бележки", "Допълнителни коментари"),
    "el": ("Σημειώσεις εργασίας", "Πρόσθετα σχόλια"),
    "uk": ("Робочі нотатки", "Додаткові коментарі"),
    "he": ("הערות עבודה", "הערות נוספות"),
    "th": ("บันทึกการทำงาน", "ความคิดเห็นเพิ่มเติม"),
    "vi": ("Ghi chú công việc", "Nhận xét bổ sung"),
    "id": ("Catatan kerja", "Komentar tambahan"),
    "unknown to us": ("Ɓayanin aiki", "Customer visible"),
    "named otherwise": ("Not visible to customers", "Customer notes"),
    "hidden comments": ("Interna kommentarer", "Kommentarer"),
}
ODD_STAMPS = [
    "2026-02-03T08:00:00Z",
    "2026-02-03T08:00:00.250+01:00",
    "(2026-02-03 08:00:00)",
    "Tuesday 3 February 2026 08:00",
    "tisdag 3 februari 2026 kl. 08:00",
    "03/Feb/26 8:00 AM",
    "08:00:00 2026-02-03",
    "2026\u00a002-03\u202f08:00",
]


def test_no_language_makes_a_solution_of_a_work_note() -> None:
    """Known or not, alone or beside a comment, whatever its date looks like."""
    for note, comment in OTHER_LANGUAGES.values():
        for stamp in (STAMPS[0], *ODD_STAMPS):
            internal, public = entry(note, "Between us: they broke it.", at=stamp), entry(comment, ANSWER, at=stamp)
            for journal in (internal + public, public + internal):
                assert solution("servicenow", incident(journal, "comments_and_work_notes")) == ANSWER, (note, stamp)
            assert solution("servicenow", incident(internal)) == SkipReason.WORTHLESS, (note, stamp)


FOLDS: dict[str, Callable[[str], str]] = {
    "break tags": lambda journal: journal.replace("\n", "<br>"),
    "paragraphs": lambda journal: "".join(f"<p>{line}</p>" for line in journal.splitlines()),
    "bold headers": lambda journal: "".join(f"<b>{line}</b><br />" for line in journal.splitlines()),
    "written breaks": lambda journal: journal.replace("\n", "\\n"),
    "written breaks of Windows": lambda journal: journal.replace("\n", "\\r\\n"),
    "one line": lambda journal: " ".join(journal.split()),
    "breaks behind headers lost": lambda journal: journal.replace(")\n", ") "),
}


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("note", ["Work notes", "Work Notes (Private)", "Arbetsanteckningar", "Notes internes"])
def test_a_journal_without_line_breaks_is_split_at_its_headers(fold: str, note: str) -> None:
    """Tags, breaks written as text, or nothing at all between the entries."""
    internal = entry(note, "Between us: they broke it.", author="Kim Desk (ext)")
    for journal in (
        entry("Additional comments (Customer visible)", ANSWER) + internal,
        internal + entry("Comments", ANSWER),
    ):
        folded = FOLDS[fold](journal)
        assert solution("servicenow", incident(folded, "comments_and_work_notes")) == ANSWER, folded


@pytest.mark.parametrize(
    "note",
    [
        "on 3 Feb at 08:00 in 2026 by Kim Desk [Work notes] they broke it",
        "III.02.2026 08:00 Kim Desk (Work notes) they broke it",
        "2026, week 6, 08:00 - Kim Desk (internal) they broke it",
    ],
)
def test_a_comment_that_may_hold_a_work_note_is_not_taken(note: str) -> None:
    """A header in a shape that nobody knows: rather none than an internal note."""
    assert solution("servicenow", incident(entry("Comments", f"{ANSWER}\n{note}"))) == SkipReason.WORTHLESS


@pytest.mark.parametrize(
    "line",
    [
        "2026-02-03 07:00:00 - ERROR drum worn (code 5)",
        "At 08:00 on 03.02.2026 we moved it to the VLAN (internal network).",
        "Set the gateway to 10.0.0.1 (internal)",
        "Version 2026.2.3 - fixes the stripes (see the notes)",
        "Write <br> between the lines, and C:\\new\\rules stays.",
        "The work notes of the tailor are on page 12:30.",
        "Call between 08:00 and 17:30 (internal line 4711).",
    ],
)
def test_what_only_resembles_a_header_stays_in_its_comment(line: str) -> None:
    """Log lines, networks, times of day, code."""
    journal = entry("Work notes", "Between us.") + entry("Additional comments", f"{ANSWER}\n{line}\nThat is all.")

    assert solution("servicenow", incident(journal)) == f"{ANSWER}\n{line}\nThat is all."


def test_an_inline_work_note_does_not_run_on_in_the_comment_above() -> None:
    """Some exports lose the line break behind the header; a log line with a time stamp is content."""
    journal = entry("Additional comments", f"{ANSWER}\n2026-02-03 07:00:00 - ERROR drum worn") + (
        "2026-02-03 07:30:00 - Kim Desk (Work notes) They broke it themselves."
    )

    entries = journal_entries(journal)

    assert [each.is_internal for each in entries] == [False, True]
    assert entries[0].body.endswith("ERROR drum worn")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (f"[code]<p>{ANSWER}</p>[/code]", ANSWER),
        (f"Hint:[CODE]<b>{ANSWER}</b>[/CODE]", f"Hint:\n{ANSWER}"),
        (f"[code]{ANSWER}", ANSWER),
        ("[code]a < b[/code]", "a < b"),
        ("list[0] is empty", "list[0] is empty"),
    ],
)
def test_code_marks_go_and_their_html_is_read(raw: str, text: str) -> None:
    """ServiceNow shows what stands between them as HTML."""
    assert journal_text(raw) == text


def freshdesk(**reply: Any) -> dict[str, Any]:  # noqa: ANN401
    """A resolved ticket: the agent's reply, then another conversation."""
    first = {"body_text": ANSWER, "incoming": False, "private": False, "user_id": 2}
    later = {"body_text": OTHER, "incoming": False, "private": False} | reply
    return {
        "id": 1,
        "subject": "Copier",
        "description_text": PROBLEM,
        "status": 4,
        "requester_id": 1,
        "conversations": [first, later],
    }


@pytest.mark.parametrize(
    "reply",
    [
        {"private": True},
        {"private": "true"},
        {"incoming": True},
        {"source": 8},
        {"source": 6},
        {"user_id": 1},
        {"auto_response": True},
        {"automation_id": 77},
        {"deleted": True},
        {"body_text": "This ticket is closed and merged into ticket 1234"},
    ],
)
def test_freshdesk_takes_only_replies_to_the_customer(reply: dict[str, Any]) -> None:
    """No private note, no forward, no survey, no automation, no merge."""
    assert solution("freshdesk", freshdesk(**reply)) == ANSWER


def jira(**comment: Any) -> dict[str, Any]:  # noqa: ANN401
    """A resolved issue: the agent's comment, then another."""
    agent = {"accountId": "a2", "displayName": "Kim Desk", "accountType": "atlassian"}
    later = {"body": OTHER, "author": agent} | comment
    status = {"name": "Done", "statusCategory": {"key": "done"}}
    fields = {
        "summary": "Copier",
        "description": PROBLEM,
        "status": status,
        "resolution": {"name": "Done"},
        "reporter": {"accountId": "a1"},
        "comment": {"comments": [{"body": ANSWER, "author": agent}, later]},
    }
    return {"key": "SD-1", "fields": fields}


@pytest.mark.parametrize(
    "comment",
    [
        {"jsdPublic": False},
        {"visibility": {"type": "role", "value": "Service Desk Team"}},
        {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]},
        {"author": {"accountId": "a3", "accountType": "customer", "displayName": "Cy"}},
        {"author": {"accountId": "a4", "accountType": "app", "displayName": "Some Rule"}},
        {"author": {"accountId": "a5", "displayName": "Automation for Jira"}},
        {"author": {"accountId": "a1", "displayName": "Eva Long"}},
    ],
)
def test_jira_takes_only_what_customers_could_read_of_a_person(comment: dict[str, Any]) -> None:
    """Internal comments of a service project, other customers and automations are none."""
    assert solution("jira", jira(**comment)) == ANSWER


def test_jiras_csv_knows_machines_and_the_reporter() -> None:
    """It tells no more of its comments."""
    said = {"kim": ANSWER, "eva": OTHER, "Automation for Jira": "Closed by a rule after three days of silence."}
    comments = [f"03/Feb/26 9:00 AM;{who};{body}" for who, body in said.items()]
    row = {
        "Issue key": "SD-1",
        "Summary": "Copier",
        "Description": PROBLEM,
        "Status": "Done",
        "Resolution": "Done",
        "Reporter": "eva",
        "Comment": comments,
    }

    assert solution("jira", row) == ANSWER


def github(*comments: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A closed issue: a maintainer's comment, then others."""
    first = {"author_association": "MEMBER", "user": {"login": "kim"}, "body": ANSWER}
    return {"number": 5, "state": "closed", "title": "Copier", "body": PROBLEM, "comments": [first, *comments]} | more


@pytest.mark.parametrize(
    "comment",
    [
        {"author_association": "NONE", "user": {"login": "cy"}},
        {"author_association": "CONTRIBUTOR", "user": {"login": "cy"}},
        {"user": {"login": "stale[bot]", "type": "Bot"}},
        {"user": {"login": "release-bot"}},
        {"author": {"login": "github-actions"}},
        {"performed_via_github_app": {"slug": "triage"}},
        {"isMinimized": True, "minimizedReason": "off-topic"},
        {"body": "Duplicate of #4"},
    ],
)
def test_github_takes_only_what_a_maintainer_wrote(comment: dict[str, Any]) -> None:
    """No outsider, bot, app or hidden comment, and no mark of a duplicate."""
    assert solution("github", github({"author_association": "MEMBER", "body": OTHER} | comment)) == ANSWER


@pytest.mark.parametrize(
    ("label", "reason"), [("duplicate", SkipReason.MERGED), ("wontfix", SkipReason.NOT_FIXED), ("bug", None)]
)
def test_githubs_own_labels_say_that_there_is_no_solution(label: str, reason: SkipReason | None) -> None:
    """Many issues are closed as completed all the same."""
    assert solution("github", github(labels=[{"name": label}])) == (reason or ANSWER)


@pytest.mark.parametrize(
    "article",
    [
        {"internal": True},
        {"internal": "true"},
        {"sender": "System"},
        {"sender": "Customer"},
        {"preferences": {"is-auto-response": True}},
        {"from": "no-reply@desk.example"},
        {"created_by_id": 1},
    ],
)
def test_zammad_takes_only_public_articles_of_agents(article: dict[str, Any]) -> None:
    """Not of the system, an answering machine, or the customer who is also an agent."""
    articles = [{"sender": "Customer", "body": PROBLEM}, {"sender": "Agent", "body": ANSWER}]
    later = {"sender": "Agent", "internal": False, "body": OTHER} | article
    record = {"number": "6", "title": "Copier", "state": "closed", "customer_id": 1, "articles": [*articles, later]}

    assert solution("zammad", record) == ANSWER


@pytest.mark.parametrize(
    "comment",
    [
        {"IsPublished": False},
        {"IsPublished": "false"},
        {"CreatedBy": {"Name": "Cy", "UserType": "CspLitePortal"}},
        {"CreatedBy": {"Name": "Cy", "UserType": "Guest"}},
        {"CreatedBy": {"Name": "Automated Process"}},
        {"CreatedBy": {"Name": "Long, Eva"}},
    ],
)
def test_salesforce_takes_only_published_comments_of_the_house(comment: dict[str, Any]) -> None:
    """Not of the contact, who writes in a portal, nor of a flow."""
    later = {"IsPublished": True, "CommentBody": OTHER} | comment
    record = {
        "CaseNumber": "7",
        "Subject": "Copier",
        "Description": PROBLEM,
        "Status": "Closed",
        "IsClosed": True,
        "Contact": {"Name": "Eva Long"},
        "CaseComments": {"records": [{"IsPublished": True, "CommentBody": ANSWER}, later]},
    }

    assert solution("salesforce", record) == ANSWER


@pytest.mark.parametrize(
    "mail", [{"Status": "5"}, {"IsExternallyVisible": False}, {"Incoming": True}, {"IsDeleted": True}]
)
def test_salesforce_takes_only_mails_that_were_sent_out(mail: dict[str, Any]) -> None:
    """A draft and a mail among colleagues are none."""
    mails = [{"Incoming": False, "TextBody": ANSWER}, {"Incoming": False, "TextBody": OTHER} | mail]
    record = {
        "CaseNumber": "7",
        "Subject": "Copier",
        "Description": PROBLEM,
        "Status": "Closed",
        "IsClosed": True,
        "EmailMessages": mails,
    }

    assert solution("salesforce", record) == ANSWER


NOTICES = [
    'This request was closed and merged into request #31 "Lines. Help!".',
    "Ticket 12 has been merged into ticket 31",
    "Anfrage #12 „Streifen“ wurde geschlossen und mit dieser Anfrage zusammengeführt.",
    "La demande n° 12 « Raies » a été fermée et fusionnée avec cette demande.",
    "La solicitud n.º 12 se cerró y se fusionó con esta solicitud.",
    "A solicitação nº 12 foi fechada e mesclada com esta solicitação.",
    "La richiesta n. 12 è stata chiusa e unita a questa richiesta.",
    "Запрос № 12 «Полосы» был закрыт и объединён с этим запросом.",
    "リクエスト#12「縞」は終了し、このリクエストに統合されました。",
    "요청 #12이(가) 종료되고 이 요청으로 병합되었습니다.",
    "请求 #12“条纹”已关闭并合并到此请求中。",
    "تم إغلاق الطلب رقم 12 ودمجه في هذا الطلب",
    "Zgłoszenie #12 zostało zamknięte i scalone z tym zgłoszeniem.",
    "Merging with ticket 31.",
    "Closing as a duplicate of PRN-31",
    "Duplikat von Ticket 31",
    "重复工单，见 #31",
    "This issue has been automatically marked as stale because it has had no recent activity.",
    "Your ticket #31 has been received and is being reviewed by our staff.",
    "Abwesenheitsnotiz: ich bin ab dem 3. wieder da",
]
ANSWERS = [
    "We merged the two printers under queue #12 and restarted the spooler.",
    "This request was caused by a duplicate row merged into customer #77; delete it.",
    "We received your message. Please replace drum K2; reply to this mail if it fails.",
    "The duplicate invoice 4711 was cancelled, and number range 05 corrected.",
    "This issue is caused by a stale lock file 7, remove it and restart.",
    "Diese Anfrage betrifft Konto 12: wir haben die Konten zusammengeführt.",
    "Создана новая учётная запись 12, смените пароль в ближайшее время.",
    "合并单元格后第 3 列错位：取消合并并重新导入。",
    "重复扣款 35 元已原路退回，请在账单中查看。",
]


@pytest.mark.parametrize("text", NOTICES)
def test_notices_of_the_desk_are_no_answers(text: str) -> None:
    """Merges, duplicates, receipts and absences, in the main languages, whoever's name stands below them."""
    assert is_notice(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_answers_that_speak_of_merging_are_answers(text: str) -> None:
    """What is merged must be tickets, and nothing else may be said."""
    assert not is_notice(text)


@pytest.mark.parametrize(
    "name", ["dependabot[bot]", "Automation for Jira", "system", "系统管理员", "no-reply@x.example"]
)
def test_machines_are_known_by_name(name: str) -> None:
    """A bot, an automation, the desk itself."""
    assert is_machine(name)
    assert is_machine({"displayName": name})


@pytest.mark.parametrize("name", ["Jan Bot", "Abbot", "Anna Systema", "Kim Desk", ""])
def test_people_are_no_machines(name: str) -> None:
    """A surname may be Bot."""
    assert not is_machine(name)


def test_a_person_is_known_in_every_spelling() -> None:
    """Order, case and what stands in brackets do not matter."""
    assert (
        len({same_person(name) for name in ("Eva Long", "Long, Eva", "EVA LONG (ext)", "eva long [Contractor]")}) == 1
    )
