"""An encoding is told by what it says, or asked for; never is a text taken in as other characters."""

import io

import pytest

from retriever.errors import InvalidInput
from retriever.ingest.files.lines import LineReader
from retriever.ingest.files.streams import PeekedStream

TEXTS = {
    "ko": "번호,문제,해결\n"
    "1,프린터 전원이 켜지지 않고 용지가 계속 걸립니다.,전원 코드를 다시 꽂고 용지함을 청소하세요.\n",
    "ja": "番号,問題,対応\n1,プリンターの用紙が詰まって印刷できません。,カバーを開けて用紙を取り除いてください。\n",
    "zh": "编号,问题,处理\n1,打印机卡纸了怎么办,打开后盖取出卡住的纸张然后重新启动\n",
    "zhtw": "編號,問題,處理\n1,印表機卡紙無法列印怎麼辦,打開後蓋取出卡住的紙張然後重新啟動\n",
    "ru": "номер,проблема,решение\n"
    "1,Принтер не печатает после обновления.,Переустановите драйвер и проверьте кабель.\n",
    "uk": "номер,проблема,рішення\n"
    "1,Принтер не друкує після оновлення системи.,Перевірте кабель і встановіть драйвер її знову.\n",
    "ar": "الرقم,المشكلة,الحل\n1,الطابعة لا تعمل بعد التحديث الأخير,أعد تشغيل الجهاز ثم تحقق من الكابل\n",
    "he": "מספר,בעיה,פתרון\n1,המדפסת לא עובדת אחרי העדכון האחרון,יש להפעיל את המחשב מחדש ולבדוק את הכבל\n",
    "el": "αριθμός,πρόβλημα,λύση\n"
    "1,Ο εκτυπωτής δεν λειτουργεί μετά την ενημέρωση.,Επανεκκινήστε τη συσκευή και ελέγξτε το καλώδιο.\n",
    "tr": "numara,sorun,çözüm\n"
    "1,Yazıcı güncellemeden sonra çalışmıyor ve kâğıt sıkışıyor.,Aygıtı yeniden başlatın ve kabloyu değiştirin.\n",
    "pl": "numer,problem,rozwiązanie\n"
    "1,Drukarka nie działa po ostatniej aktualizacji i zacina się papier.,Proszę włączyć ją ponownie.\n",
    "cs": "číslo,problém,řešení\n"
    "1,Tiskárna po poslední aktualizaci nefunguje a papír se zasekává.,Zařízení prosím restartujte.\n",
    "de": "Nummer,Problem,Lösung\n"
    "1,Der Drucker läuft nach der Änderung nicht mehr.,Gerät ausschalten und die Geräteübersicht prüfen.\n",
    "fr": "numéro,problème,solution\n"
    "1,L’imprimante ne répond plus après la mise à jour.,Éteignez l’appareil et vérifiez le câble.\n",
    "en": "id,problem,solution\n1,It doesn’t start after the update and costs £25.,Don’t panic – restart it.\n",
    "th": "เลขที่,ปัญหา,วิธีแก้\n1,เครื่องพิมพ์ไม่ทำงานหลังจากการปรับปรุง,เปิดเครื่องใหม่และตรวจสอบสาย\n",
}
ENCODINGS = [
    *(("ko", name) for name in ("euc_kr", "cp949", "iso2022_kr")),
    *(("ja", name) for name in ("euc_jp", "shift_jis", "cp932", "iso2022_jp")),
    *(("zh", name) for name in ("gb2312", "gbk", "gb18030", "hz")),
    *(("zhtw", name) for name in ("big5", "big5hkscs", "cp950")),
    *(("ru", name) for name in ("koi8_r", "cp1251", "iso8859_5", "cp866", "mac_cyrillic")),
    *(("uk", name) for name in ("koi8_u", "cp1251")),
    *(("ar", name) for name in ("iso8859_6", "cp1256")),
    *(("he", name) for name in ("iso8859_8", "cp1255")),
    *(("el", name) for name in ("iso8859_7", "cp1253")),
    *(("tr", name) for name in ("iso8859_9", "cp1254")),
    *(("pl", name) for name in ("iso8859_2", "cp1250", "cp852")),
    *(("cs", name) for name in ("iso8859_2", "cp1250")),
    *(("de", name) for name in ("iso8859_1", "cp1252", "cp850", "mac_roman")),
    *(("fr", name) for name in ("cp1252", "mac_roman")),
    ("en", "cp1252"),
    ("th", "cp874"),
]


def read(data: bytes, encoding: str = "") -> tuple[str, list[str]]:
    """The text of all lines, and the faults."""
    lines = list(LineReader(PeekedStream(io.BytesIO(data)), encoding=encoding))
    return "".join(line.text + "\n" for line in lines), [line.fault for line in lines if line.fault]


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_a_short_table_is_read_in_the_encoding_of_its_language(language: str, encoding: str) -> None:
    """Two rows are enough in all that are common where the language is written."""
    text = TEXTS[language]
    assert read(text.encode(encoding)) == (text, [])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("language", TEXTS)
def test_unicode_is_read_in_all_its_forms(language: str, encoding: str) -> None:
    """With or without a mark."""
    assert read(TEXTS[language].encode(encoding)) == (TEXTS[language], [])


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13, 21])
def test_a_few_letters_are_read_rightly_or_asked_about(language: str, encoding: str, length: int) -> None:
    """Whatever the length, a text is never taken for another one; the refusal names the option."""
    text = "id,problem\n1," + TEXTS[language].splitlines()[1].split(",")[1][:length] + "\n"
    try:
        found, faults = read(text.encode(encoding))
    except InvalidInput as error:
        assert "--encoding" in str(error)
    else:
        assert faults or found == text


def test_what_reads_in_two_ways_is_asked_about() -> None:
    """Letters that several languages write, without a word that tells which; the message says what to do."""
    with pytest.raises(InvalidInput, match=r"cannot be told.* --encoding, for example .* euc-kr"):
        read("ê ê\nê ê\nê\n".encode("cp1252"))


def test_lines_in_utf8_within_a_file_of_another_encoding_are_read_as_such() -> None:
    """As where two exports were put one below the other."""
    german, russian = TEXTS["de"] * 5, TEXTS["ru"]
    assert read(german.encode("cp1252") + russian.encode()) == (german + russian, [])


def test_escapes_of_terminals_and_tildes_are_no_encoding() -> None:
    """Logs with colours, and braces behind a tilde, stay what they are."""
    for text in ("id,log\n1,\x1b[31mERROR\x1b[0m ~{x}~ $B%W%j\n", "path ~{user}~ of ~{a,b}~\n", "a ~{b\n"):
        assert read(text.encode()) == (text, [])


def test_a_named_encoding_is_not_doubted() -> None:
    """A short text is read as the caller says."""
    assert read("id\nñ\n".encode("cp1252"), "windows-1252") == ("id\nñ\n", [])
