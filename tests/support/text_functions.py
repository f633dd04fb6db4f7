"""Every public function of the product that works on a text from outside, by the name of what it does."""

from collections.abc import Callable, Mapping

from index.text.folding import fold, fold_with_offsets, script_votes
from index.text.tokenise import codes, spans, tokens
from retriever.case.clues import places_of, words_of
from retriever.case.dates import iso_spelling
from retriever.case.facets import category_value, facet_value
from retriever.case.language import detect_language
from retriever.case.language_tags import near_languages, wanted_language, wider_tags
from retriever.case.mojibake import is_damaged, mended
from retriever.case.moments import moment_of
from retriever.case.overlap import letter_groups, letters_of
from retriever.case.tidy import tidy_line, tidy_text
from retriever.domain import Query
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.spelling import model_spelling
from retriever.ingest.cells import field_value, joined_value, split_list
from retriever.ingest.cleaning.adf import wiki_to_text
from retriever.ingest.cleaning.code import fenced_lines, outside_code
from retriever.ingest.cleaning.codes import find_error_codes
from retriever.ingest.cleaning.greeting import is_greeting
from retriever.ingest.cleaning.html import html_to_text, looks_like_html, unescaped
from retriever.ingest.cleaning.mail import clean_mail, has_own_words
from retriever.ingest.cleaning.quotes import reply_header
from retriever.ingest.cleaning.signature import is_sent_from, looks_like_log
from retriever.ingest.cleaning.substance import says_nothing, substance
from retriever.ingest.columns import find_field, names_change
from retriever.ingest.files.alphabets import oddities
from retriever.ingest.files.guards import guarded, unguarded
from retriever.ingest.files.hazards import Hazards
from retriever.ingest.files.json_text import exact_json, json_fault, parsed_json
from retriever.ingest.files.sheet_values import shown_number
from retriever.ingest.sources.github import markdown_text
from retriever.ingest.sources.journal import customer_comments, journal_entries, journal_text
from retriever.ingest.sources.notices import is_notice
from retriever.ingest.sources.registry import get_source
from retriever.ingest.sources.speakers import is_machine, same_person
from retriever.ingest.states import state_of
from retriever.masking import KnownEntities, mask_mention, mask_text
from retriever.masking.listed import parse_names
from retriever.masking.placeholders import without_placeholders
from retriever.search.comparisons import versions_in
from retriever.search.long_lines import code_tokens, pieces_of, records_of
from retriever.search.naming import names_in
from retriever.search.politeness import is_polite
from retriever.search.smalltalk import asks_nothing
from retriever.search.telling import says_something, telling_part
from retriever.wiring.questions import question_reader


def _json(text: str) -> object:
    try:
        return parsed_json(text)
    except ValueError as error:
        return json_fault(error)


def _exact_json(text: str) -> object:
    try:
        return exact_json(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        return str(error)


def _number(text: str, code: str) -> str:
    try:
        return shown_number(text, code, from_1904=False)
    except ValueError as error:
        return str(error)


def _reply_headers(lines: list[str]) -> list[int]:
    return [reply_header(lines, place) for place in range(len(lines))]


def _converted(source: str, record: Callable[[str], dict[str, object]]) -> Callable[[str], object]:
    """A help desk's record with the text wherever a person writes, as a case."""
    mapping = get_source(source)
    return lambda text: mapping.convert(record(text))


_LISTED = KnownEntities(
    listed=parse_names("\n".join(f"aa a{'a' * number}\n中中{'中' * number}" for number in range(90)))
)
TEXT_FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "tidy_text": tidy_text,
    "tidy_line": tidy_line,
    "detect_language": detect_language,
    "words_of": words_of,
    "places_of": places_of,
    "wanted_language": lambda text: [wanted_language(text), near_languages(text), wider_tags(text)],
    "facet_value": facet_value,
    "category_value": category_value,
    "fold": fold,
    "fold_with_offsets": fold_with_offsets,
    "script_votes": script_votes,
    "tokens": tokens,
    "spans": spans,
    "codes": codes,
    "model_spelling": model_spelling,
    "records_of": lambda text: list(records_of(text)),
    "pieces_of": lambda text: list(pieces_of(text, code_tokens(text))),
    "letter_groups": lambda text: letter_groups(letters_of(text)),
    "iso_spelling": lambda text: [iso_spelling(text), iso_spelling(f"2026-03-02{text}")],
    "moment_of": lambda text: [moment_of(text), moment_of(f"2026-03-02T{text}"), moment_of(text[:100])],
    "mended": lambda text: [mended(text), is_damaged(text)],
    "oddities": lambda text: [oddities(text), oddities(text, cjk=True)],
    "hazards": lambda text: Hazards().find_in(text),
    "shown_number": lambda text: [_number(text, "0"), _number("123", text)],
    "is_notice": lambda text: [is_notice(text), is_notice(text[:500]), is_notice(f"This ticket {text}")],
    "is_machine": lambda text: [is_machine(text), is_machine({"login": text})],
    "same_person": same_person,
    "journal_entries": lambda text: [
        journal_entries(text),
        journal_entries(f"2026-03-02 08:15:00 - {text}"),
        customer_comments(journal_entries(f"2026-03-02 08:15:00 - Kim (Comments)\n{text}")),
        journal_entries(text.replace(" ", "\n2026-03-02 08:15:00 - Kim (")),
    ],
    "journal_text": lambda text: journal_text(f"[code]{text}[/code]"),
    "guarded": guarded,
    "unguarded": unguarded,
    "field_value": lambda text: [field_value(name, text) for name in ("opened_at", "category", "status")],
    "joined_value": lambda text: joined_value("problem", [text, text]),
    "split_list": lambda text: split_list("tags", text),
    "find_field": lambda text: [find_field(text), names_change(text)],
    "state_of": lambda text: [state_of(text), state_of(f"({text}")],
    "wiki_to_text": wiki_to_text,
    "find_error_codes": find_error_codes,
    "html_to_text": html_to_text,
    "looks_like_html": looks_like_html,
    "unescaped": unescaped,
    "clean_mail": clean_mail,
    "has_own_words": has_own_words,
    "looks_like_log": looks_like_log,
    "is_greeting": lambda text: [is_greeting(text, gap=gap) for gap in (True, False)],
    "is_sent_from": is_sent_from,
    "reply_header": lambda text: _reply_headers(text.split("\n")),
    "fenced_lines": lambda text: fenced_lines(text.split("\n")),
    "outside_code": lambda text: outside_code(text, str.upper),
    "says_nothing": says_nothing,
    "substance": substance,
    "json": _json,
    "exact_json": _exact_json,
    "markdown_text": markdown_text,
    "mask_text": mask_text,
    "mask_mention": mask_mention,
    "listed names": lambda text: mask_text(text, _LISTED),
    "without_placeholders": without_placeholders,
    "versions_in": versions_in,
    "asks_nothing": asks_nothing,
    "names_in": names_in,
    "is_polite": is_polite,
    "question": lambda text: question_reader(mask=False).read(Query(text)),
    "telling_part": lambda text: [telling_part(text, language) for language in ("en", "zh", "ja")],
    "says_something": lambda text: [says_something(text, language) for language in ("en", "zh", "th")],
    "pieces": lambda text: aligner().pieces([text]),
    "zendesk": _converted(
        "zendesk",
        lambda text: {
            "id": 1,
            "subject": text,
            "description": text,
            "status": "solved",
            "comments": [{"public": True, "author_id": 2, "body": text}],
        },
    ),
    "jira": _converted(
        "jira",
        lambda text: {
            "key": "A-1",
            "fields": {
                "summary": text,
                "description": text,
                "status": {"name": "Done", "statusCategory": {"key": "done"}},
                "resolution": {"name": "Done"},
                "comment": {"comments": [{"body": text}]},
            },
        },
    ),
    "servicenow": _converted(
        "servicenow",
        lambda text: {
            "number": "INC1",
            "state": "resolved",
            "short_description": text,
            "description": text,
            "close_notes": text,
            "comments": text,
        },
    ),
    "github": _converted(
        "github",
        lambda text: {
            "number": 1,
            "state": "closed",
            "title": text,
            "body": text,
            "comments": [{"author_association": "OWNER", "body": text}],
        },
    ),
}
