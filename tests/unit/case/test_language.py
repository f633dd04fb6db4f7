"""Which language a text is in, and when nobody could tell."""

import pytest

from benchmarks.quality.language import HALVES, SHORT, rows_of
from retriever.case.language import MAIN, RARE, detect_language, with_language
from retriever.domain import Case

SENTENCES = {
    "ar": "منذ تحديث أمس لا يمكن للعملاء تسجيل الدخول إلى حساباتهم",
    "bg": "След вчерашната актуализация клиентите не могат да влязат в профила си",
    "bn": "গতকালের আপডেটের পর গ্রাহকরা লগ ইন করতে পারছেন না",
    "ca": "Des de l'actualització d'ahir els clients no poden iniciar la sessió",
    "cs": "Po včerejší aktualizaci se zákazníci nemohou přihlásit ke svému účtu",
    "da": "Efter opdateringen i går kan kunderne ikke længere logge ind på deres konto",
    "de": "Seit der Aktualisierung von gestern können sich Kunden nicht mehr anmelden",
    "el": "Μετά τη χθεσινή ενημέρωση οι πελάτες δεν μπορούν να συνδεθούν",
    "en": "Since yesterday's update customers can no longer sign in to their account",
    "es": "Desde la actualización de ayer los clientes no pueden iniciar sesión en su cuenta",
    "et": "Pärast eilset uuendust ei saa kliendid enam oma kontole sisse logida",
    "eu": "Atzoko eguneraketaren ondoren bezeroek ezin dute saioa hasi beren kontuan",
    "fa": "از زمان به‌روزرسانی دیروز مشتریان نمی‌توانند وارد حساب خود شوند",
    "fi": "Eilisen päivityksen jälkeen asiakkaat eivät pääse enää kirjautumaan tililleen",
    "fr": "Depuis la mise à jour d'hier, les clients ne peuvent plus se connecter à leur compte",
    "gl": "Desde a actualización de onte os clientes non poden iniciar sesión na súa conta",
    "he": "מאז העדכון של אתמול הלקוחות לא מצליחים להתחבר לחשבון",
    "hi": "कल के अपडेट के बाद ग्राहक अपने खाते में लॉग इन नहीं कर पा रहे हैं",
    "hr": "Nakon jučerašnjeg ažuriranja kupci se više ne mogu prijaviti na svoj račun",
    "hu": "A tegnapi frissítés óta az ügyfelek nem tudnak bejelentkezni a fiókjukba",
    "id": "Sejak pembaruan kemarin pelanggan tidak bisa masuk ke akun mereka",
    "it": "Dall'aggiornamento di ieri i clienti non riescono più ad accedere al proprio account",
    "ja": "昨日の更新以降、お客様がログインできなくなりました",
    "ko": "어제 업데이트 이후 고객이 계정에 로그인할 수 없습니다",
    "lt": "Po vakarykščio atnaujinimo klientai nebegali prisijungti prie savo paskyros",
    "lv": "Pēc vakardienas atjauninājuma klienti vairs nevar pieteikties savā kontā",
    "ms": "Sejak kemas kini semalam pelanggan tidak dapat log masuk ke akaun mereka, sila semak kata laluan",
    "nl": "Sinds de update van gisteren kunnen klanten niet meer inloggen op hun account",
    "no": "Etter gårsdagens oppdatering får ikke kundene lenger logget seg inn på kontoen",
    "pl": "Od wczorajszej aktualizacji klienci nie mogą zalogować się na swoje konto",
    "pt": "Desde a atualização de ontem os clientes não conseguem entrar na sua conta",
    "ro": "De la actualizarea de ieri clienții nu se mai pot autentifica în contul lor",
    "ru": "После вчерашнего обновления клиенты не могут войти в свою учётную запись",
    "sk": "Po včerajšej aktualizácii sa zákazníci nemôžu prihlásiť do svojho účtu",
    "sl": "Po včerajšnji posodobitvi se stranke ne morejo več prijaviti v svoj račun",
    "sr": "После јучерашњег ажурирања купци више не могу да се пријаве на свој налог",
    "sv": "Efter gårdagens uppdatering kan kunderna inte längre logga in på sitt konto",
    "sw": "Tangu sasisho la jana wateja hawawezi kuingia kwenye akaunti zao",
    "ta": "நேற்றைய புதுப்பிப்புக்குப் பிறகு வாடிக்கையாளர்கள் உள்நுழைய முடியவில்லை",
    "te": "నిన్నటి నవీకరణ తర్వాత వినియోగదారులు లాగిన్ కాలేకపోతున్నారు",
    "th": "ตั้งแต่อัปเดตเมื่อวาน ลูกค้าไม่สามารถเข้าสู่ระบบได้",
    "tl": "Mula nang mag-update kahapon hindi na makapag-log in ang mga customer sa kanilang account",
    "tr": "Dünkü güncellemeden beri müşteriler hesaplarına giriş yapamıyor",
    "uk": "Після вчорашнього оновлення клієнти не можуть увійти до свого облікового запису",
    "ur": "کل کی اپ ڈیٹ کے بعد صارفین اپنے اکاؤنٹ میں لاگ ان نہیں ہو پا رہے ہیں",
    "vi": "Từ sau bản cập nhật hôm qua khách hàng không thể đăng nhập vào tài khoản",
    "zh-Hans": "从昨天更新以后，客户无法登录自己的账户",
    "zh-Hant": "從昨天更新以後，客戶無法登入自己的帳戶",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    """One of each language that the built-in model serves, with a product name and a code in it or without."""
    assert detect_language(SENTENCES[language]) == language
    assert detect_language(f"Outlook {SENTENCES[language]} (ORA-00942)") == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Erreur à l'ouverture du fichier", "fr"),
        ("CONNEXION IMPOSSIBLE DEPUIS CE MATIN", "fr"),
        ("Le scanner ne répond pas", "fr"),
        ("A impressora não liga", "pt"),
        ("Falha ao enviar a nota fiscal", "pt"),
        ("Errore durante la stampa della fattura", "it"),
        ("La stampante non stampa", "it"),
        ("La impresora no imprime", "es"),
        ("Printer does not print", "en"),
        ("Drucker druckt nicht", "de"),
        ("Printer drukt niet af", "nl"),
        ("Drukarka nie drukuje", "pl"),
        ("Skrivaren skriver inte ut", "sv"),
        ("Tulostin ei tulosta", "fi"),
        ("Yazıcı yazdırmıyor", "tr"),
        ("Máy in không in được", "vi"),
        ("电脑蓝屏", "zh-Hans"),
        ("電腦藍屏", "zh-Hant"),
        ("印表機卡紙", "zh-Hant"),
        ("印刷できない", "ja"),
        ("接続不可", "ja"),
        ("優の良品 訂單沒有收到，請盡快處理", "zh-Hant"),
        ("iPhone 屏幕碎了", "zh-Hans"),
    ],
)
def test_a_title_tells_its_language(text: str, language: str) -> None:
    """A few words are enough where they are of one language."""
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        *("VPN 809", "printer jams", "紙詰", "password", "ORA-00942", "E-404 / 0x80070005", "Outlook", "SAP", "reset"),
        *("ticket", "再起動", "C:\\Users\\me\\file.txt", "https://example.com/a?b=c", "iPhone", "ქართული ენა"),
        *("", "  ", "12345", "???", "🙂"),
    ],
)
def test_what_tells_no_language_is_unsure(text: str) -> None:
    """Codes, product names, words of several languages, characters that Chinese and Japanese share, other scripts."""
    assert detect_language(text) == "und"


@pytest.mark.parametrize(
    "text",
    [
        *("ThinkPad X1 Carbon", "Canon PIXMA TS5350", "Daikin Perfera", "Fronius Symo", "MongoDB Atlas", "Safari"),
        *("Nikon Coolpix", "L'Oréal Paris", "Zoom Rooms", "Xero", "Xero Xero", "iPhone 15 Pro", "macbook pro"),
        *("Лада Веста", "Рутокен", "Яндекс Станция"),
    ],
)
def test_a_name_of_a_product_is_in_no_language(text: str) -> None:
    """A single word, or words that all begin with a capital letter, beside a number or code or without."""
    assert detect_language(text) == "und"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Alta de usuario", "es"),
        ("Aplicación cerrada inesperadamente", "es"),
        ("Pedido no recibido", "es"),
        ("Como exportar contatos", "pt"),
        ("Servidor fora do ar", "pt"),
        ("Fattura errata", "it"),
        ("Tidak bisa masuk", "id"),
        ("Fehlermeldung", "de"),
        ("Verbindungsfehler", "de"),
        ("Neue Rechnung Fehlt", "de"),
        ("Password Reset Not Working", "en"),
        ("ThinkPad X1 Carbon startet nicht", "de"),
        ("Non se pode iniciar a sesión", "gl"),
        ("Ezin da inprimatu", "eu"),
        ("Siwezi kuingia kwenye akaunti", "sw"),
        ("No es pot obrir el fitxer", "ca"),
        ("Chybějící příloha", "cs"),
        ("Skrivaren fungerar inte", "sv"),
    ],
)
def test_few_words_are_likelier_in_a_language_that_most_texts_are_in(text: str, language: str) -> None:
    """So short Spanish is not Galician; what is plainly in a rare language, or plainly no name, stays told."""
    assert detect_language(text) == language


@pytest.mark.parametrize("half", HALVES)
def test_hardly_a_name_of_a_product_is_told_a_language(half: str) -> None:
    """Of hundreds, in the half that was looked at and in the other, and those in a language that many texts are in."""
    told = [detect_language(text) for _, text in rows_of(SHORT / "name.tsv", half)]
    assert len(told) > 150
    assert told.count("und") >= len(told) * 0.95
    assert not RARE & set(told)


@pytest.mark.parametrize("half", HALVES)
def test_short_titles_are_told_right_or_unsure(half: str) -> None:
    """Of hundreds of one to four words in seven languages, two of a hundred are told a wrong one at most."""
    rows = [(tag, detect_language(text)) for tag, text in rows_of(SHORT / "short.tsv", half)]
    assert sum(tag == told for tag, told in rows) >= len(rows) * 0.8
    assert sum(told not in (tag, "und") for tag, told in rows) <= len(rows) * 0.02


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", ["es", "pt", "it", "fr"])
def test_a_short_question_is_in_no_rare_language_that_the_library_lacks(half: str, language: str) -> None:
    """Else its cases would be compared as those of another language."""
    titles = [text for tag, text in rows_of(SHORT / "short.tsv", half) if tag == language]
    assert {detect_language(title, among={language, "en"}) for title in titles} <= {*MAIN, "und"}


def test_the_library_tips_the_scales() -> None:
    """Where a text says little, a language that the library has is likelier; where it says enough, nothing changes."""
    assert detect_language("再起動", among={"ja", "en"}) == "ja"
    assert detect_language("打印机", among={"zh-Hans", "en"}) == "zh-Hans"
    assert (detect_language("Router offline"), detect_language("Router offline", among={"en"})) == ("und", "en")
    assert detect_language("Drucker druckt nicht", among={"en", "fr"}) == "de"


def test_what_is_said_twice_is_no_more_telling() -> None:
    """Nor as title and as problem."""
    assert detect_language("printer jams printer jams") == "und"
    assert with_language(Case("a", "printer jams", "s", title="printer jams")).language == "und"


def test_a_long_text_is_cut_before_work() -> None:
    """Only its beginning counts, so its length costs nothing."""
    assert detect_language("la impresora no imprime nada desde ayer " * 200 + "der Drucker " * 100_000) == "es"


@pytest.mark.parametrize(
    ("given", "problem", "language"),
    [
        ("", SENTENCES["pl"], "pl"),
        ("und", SENTENCES["pl"], "pl"),
        ("de", SENTENCES["pl"], "de"),
        ("zh", SENTENCES["zh-Hant"], "zh-Hant"),
        ("zh", "打印机", "zh-Hans"),
        ("", "VPN 809", "und"),
    ],
)
def test_the_language_that_a_case_names_wins(given: str, problem: str, language: str) -> None:
    """Only where it names none its text decides; Chinese without a script gets that of its text."""
    assert with_language(Case("a", problem, "s", language=given)).language == language
