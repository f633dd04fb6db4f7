"""Headers and words for states, as people of many languages write them."""

import pytest

from retriever.ingest.columns import find_field, names_change, resolve_columns
from retriever.ingest.sources.generic import SourceMap
from retriever.ingest.sources.ticket import SkipReason
from retriever.ingest.states import State, state_of, status_of

FIELDS = ("source.external_id", "title", "problem", "solution", "status", "opened_at", "resolved_at")
TABLES = {
    "en": ("Ticket Number", "Subject", "Description", "Resolution", "Status", "Created", "Closed"),
    "zh-Hans": ("工单编号", "标题", "问题描述", "解决方案", "状态", "创建时间", "解决时间"),
    "zh-Hant": ("工單編號", "主旨", "問題描述", "解決方案", "狀態", "建立時間", "解決時間"),
    "es": ("Número", "Asunto", "Descripción", "Solución", "Estado", "Fecha de creación", "Fecha de cierre"),
    "de": ("Ticketnummer", "Betreff", "Beschreibung", "Lösung", "Status", "Erstellt am", "Gelöst am"),
    "fr": ("N° de ticket", "Objet", "Description du problème", "Résolution", "Statut", "Créé le", "Résolu le"),
    "ja": ("チケット番号", "件名", "問い合わせ内容", "対応内容", "ステータス", "作成日時", "完了日時"),
    "pt": ("Nº do chamado", "Assunto", "Descrição", "Solução", "Situação", "Aberto em", "Fechado em"),
    "ru": ("Номер заявки", "Тема", "Описание", "Решение", "Статус", "Дата создания", "Дата закрытия"),
    "ko": ("접수번호", "제목", "문의 내용", "조치 내용", "상태", "접수일", "완료일"),
    "it": ("Numero ticket", "Oggetto", "Descrizione", "Soluzione", "Stato", "Data di creazione", "Data di chiusura"),
    "ar": ("رقم التذكرة", "الموضوع", "وصف المشكلة", "الحل", "الحالة", "تاريخ الإنشاء", "تاريخ الإغلاق"),
    "nl": ("Ticketnummer", "Onderwerp", "Omschrijving", "Oplossing", "Toestand", "Aangemaakt op", "Gesloten op"),
    "pl": ("Numer zgłoszenia", "Temat", "Opis", "Rozwiązanie", "Stan", "Data utworzenia", "Data zamknięcia"),
    "tr": ("Talep numarası", "Konu", "Açıklama", "Çözüm", "Durum", "Oluşturulma tarihi", "Kapanış tarihi"),
}


@pytest.mark.parametrize("language", TABLES)
def test_headers_of_a_language_name_their_fields(language: str) -> None:
    """A table of tickets in it needs no map."""
    assert tuple(map(find_field, TABLES[language])) == FIELDS


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("descripcion", "problem"),
        ("SOLUCION", "solution"),
        ("Loesung", "solution"),
        ("Numero de Ticket", "source.external_id"),
        ("zgloszenie nr", None),
        ("Nr zgloszenia", "source.external_id"),
        ("Açiklama", "problem"),
        ("ＴＩＣＫＥＴ　ＩＤ", "source.external_id"),
        ("Ticket-Nr.", "source.external_id"),
        ("Descripción *", "problem"),
        ("Lösung (Pflichtfeld)", "solution"),
        ("Kunde", None),
        ("", None),
    ],
)
def test_headers_are_known_without_accents_case_and_signs(header: str, field: str | None) -> None:
    """As keyboards without these letters write them."""
    assert find_field(header) == field


def test_a_ticket_is_named_by_its_own_column_before_a_row_number() -> None:
    """A column that is only called number counts where there is no better one."""
    columns = resolve_columns(["Nummer", "Betreff", "Beschreibung", "Lösung", "Ticketnummer"], {})
    alone = resolve_columns(["Número", "Descripción", "Solución"], {})

    assert columns.places["source.external_id"] == (4, 0)
    assert alone.places["source.external_id"] == (0,)


DONE = [
    "Solved",
    "CLOSED",
    "已解决",
    "已結案",
    "resuelto",
    "Cerrada",
    "Gelöst",
    "geschlossen",
    "résolu",
    "Clôturé",
    "解決済み",
    "対応完了",
    "Resolvido",
    "concluída",
    "Решено",
    "закрыта",
    "처리 완료",
    "해결됨",
    "Risolto",
    "chiusa",
    "تم الحل",
    "مغلق",
    "Opgelost",
    "Rozwiązane",
    "Çözüldü",
    "Closed - Resolved",
    "6 - Resolved",
    "Closed: by user",
    "Resolved (pending)",
]
OPEN = [
    "open",
    "In Progress",
    "处理中",
    "處理中",
    "abierto",
    "En curso",
    "Offen",
    "in Bearbeitung",
    "nouveau",
    "En attente",
    "対応中",
    "新規",
    "em andamento",
    "В работе",
    "новая",
    "진행 중",
    "in corso",
    "قيد المعالجة",
    "in behandeling",
    "W toku",
    "açık",
    "Pending - customer",
    "ungelöst",
    "No resuelto",
]


@pytest.mark.parametrize("word", DONE)
def test_words_for_what_is_solved_are_known(word: str) -> None:
    """In all main languages; of our own cases they mean published."""
    assert state_of(word) is State.DONE
    assert status_of(word) == "published"


@pytest.mark.parametrize("word", OPEN)
def test_words_for_what_is_not_solved_yet_are_known(word: str) -> None:
    """They are no status of ours, and stay as they are to be told."""
    assert state_of(word) is State.OPEN
    assert status_of(word) == word


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Abgebrochen", State.NOT_FIXED),
        ("已取消", State.NOT_FIXED),
        ("Closed - Won't fix", State.NOT_FIXED),
        ("Closed (duplicate)", State.MERGED),
        ("已合并", State.MERGED),
        ("Spam", State.SPAM),
        ("Entwurf", State.DRAFT),
        ("审核中", State.IN_REVIEW),
        ("Veröffentlicht", State.PUBLISHED),
        ("Stage 4 of ours", None),
        ("", None),
    ],
)
def test_other_states_are_told_apart(word: str, state: State | None) -> None:
    """What follows a stroke or stands in brackets says more than what is before; an account's own word says nothing."""
    assert state_of(word) is state


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Gelöst", "case"),
        ("wartet auf den Mond", "case"),
        ("", "case"),
        ("Offen", SkipReason.UNRESOLVED),
        ("Storniert", SkipReason.NOT_FIXED),
        ("Dublette", "case"),
        ("Duplikat", SkipReason.MERGED),
    ],
)
def test_any_help_desk_skips_what_its_status_calls_unsolved(status: str, expected: str) -> None:
    """Without a map that says which rows are resolved; an account's own word skips nothing."""
    row = (
        SourceMap()
        .mapping("desk")
        .row(
            {
                "Ticketnummer": "5",
                "Beschreibung": "Der Drucker druckt Streifen.",
                "Lösung": "Trommel K2 ersetzen, neu starten.",
                "Status": status,
            }
        )
    )

    assert (row if isinstance(row, SkipReason) else "case") == expected


@pytest.mark.parametrize(
    "header", ["Updated at", "sys_updated_on", "更新时间", "Zuletzt geändert", "Última actualización", "更新日時"]
)
def test_the_time_of_the_last_change_is_found(header: str) -> None:
    """It is no field of a case, and tells which state of a ticket is the newer one."""
    row = (
        SourceMap()
        .mapping("desk")
        .row(
            {
                "ticket": "5",
                "description": "The printer prints stripes",
                "resolution": "Replace drum K2, print a page.",
                header: "2026-03-02T08:15:00Z",
            }
        )
    )

    assert names_change(header)
    assert find_field(header) is None
    assert not isinstance(row, SkipReason)
    assert row.moment == "2026-03-02T08:15:00"
