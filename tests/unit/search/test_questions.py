"""How a question is read: mails, logs and stack traces as what they ask, without politeness and stories; codes stay."""

from collections.abc import Iterator, Sequence

import pytest

from retriever.config import Settings
from retriever.domain import OPERATOR, Query
from retriever.operations.trial import open_trial
from retriever.search.focus import PARTS, focused
from retriever.search.politeness import is_polite
from retriever.search.questions import CODES, LOG_LINES
from retriever.wiring.questions import question_reader
from retriever.wiring.service import Service
from tests.support.builders import make_case

READER = question_reader(mask=True)
POLITE = {
    "en": "Hello there,\nI hope this message finds you well.\nSorry to bother you again.\nThanks a lot for your help!",
    "de": "Guten Morgen,\nich hoffe, es geht Ihnen gut.\nBitte entschuldigen Sie die Störung.\nVielen Dank im Voraus!",
    "es": "Buenos días:\nEspero que estén bien.\nPerdonen la molestia.\n¡Muchas gracias por su ayuda!",
    "fr": "Bonjour,\nJ'espère que vous allez bien.\nExcusez-moi de vous déranger.\nMerci beaucoup pour votre aide !",
    "pt": "Bom dia,\nEspero que esteja tudo bem.\nDesculpe incomodar.\nMuito obrigado pela ajuda!",
    "it": "Buongiorno,\nSpero che stia bene.\nMi scusi per il disturbo.\nGrazie mille per il vostro aiuto!",
    "ru": "Добрый день!\nНадеюсь, у вас всё хорошо.\nИзвините за беспокойство.\nЗаранее большое спасибо за помощь!",
    "zh": "您好！\n希望您一切顺利。\n不好意思打扰您了。\n非常感谢您的帮助！\n期待您的回复。",
    "ja": "お世話になっております。\nお忙しいところ恐れ入ります。\nご確認のほどよろしくお願いいたします。",
    "ko": "안녕하세요.\n바쁘신데 죄송합니다.\n빠른 답변 부탁드립니다.\n감사합니다!",
}
ASKED = {
    "en": "the conveyor stops when the light barrier is dirty",
    "de": "das Förderband bleibt stehen, wenn die Lichtschranke schmutzig ist",
    "es": "la cinta transportadora se para cuando la barrera de luz está sucia",
    "fr": "le convoyeur s'arrête quand la barrière lumineuse est sale",
    "pt": "a esteira para quando a barreira de luz está suja",
    "it": "il nastro si ferma quando la barriera luminosa è sporca",
    "ru": "конвейер останавливается, когда световой барьер загрязнён",
    "zh": "光栅脏了以后传送带就停下来",
    "ja": "ライトカーテンが汚れるとコンベヤーが止まる",
    "ko": "라이트 커튼이 더러우면 컨베이어가 멈춘다",
}
STORY = {
    "en": "My name is Laura Finch and I have been a loyal customer for many years. Yesterday evening we had visitors "
    "from Norway, and over dinner my brother told us about his new boat.\n\n{}\n\nThank you in advance.\n\n"
    "Best wishes,\nLaura Finch\nHead of Logistics\nPhone 0113 496 0123",
    "de": "Sehr geehrte Damen und Herren,\n\nwir sind seit vielen Jahren zufriedene Kunden. Gestern Abend hatten wir "
    "Besuch aus Norwegen, und mein Bruder erzählte von seinem neuen Boot.\n\n{}\n\nVielen Dank für Ihre Mühe!\n\n"
    "Mit freundlichen Grüßen\nLaura Fink\nLeiterin Logistik",
    "zh": "尊敬的客服：\n您好！我们是贵公司多年的老客户了。昨天晚上家里来了挪威的客人，吃饭时哥哥说起他的新船。\n{}\n"
    "麻烦尽快帮忙看一下，谢谢您的耐心！\n此致\n敬礼\n张丽",
}


def read(text: str, *codes: str) -> Query:
    """The question as it is searched whole, before the library is asked what of it matters."""
    return READER.read(Query(problem=text, error_codes=codes)).query


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A library with the built-in model: cases that are asked for, and some that stories and logs remind of."""
    cases = [
        *(make_case(f"belt-{tag}", text, language=tag, solution=f"clean {tag}") for tag, text in ASKED.items()),
        make_case("table", "nightly export fails with ORA-00942", error_codes=["ORA-00942"], solution="grant select"),
        make_case("space", "export fails with ORA-01653", error_codes=["ORA-01653"], solution="extend the tablespace"),
        make_case("boat", "the charger of the boat does not start", solution="replace the fuse"),
        make_case("phone", "visitors cannot be reached by phone in the evening", solution="change the hours"),
        make_case("customer", "name of a customer is wrong on the invoice", solution="correct the account"),
        make_case("npe", "checkout fails with NullPointerException in CouponService", solution="update to 5.2"),
    ]
    cases += [
        make_case("wlan", "Wi-Fi is slow in the evening", solution="change the channel"),
        make_case("post", "e-mail is not delivered", solution="mend the SPF record"),
        make_case("lift", "E-05: the door of the lift stays open", error_codes=["E-05"], solution="clean the sill"),
        make_case("oven", "E-05: the oven gets too hot", error_codes=["E-05"], solution="change the sensor"),
        make_case("pump", "HX-200 leaks at the pump", solution="change the seal"),
        make_case("vpn", "VPN 连不上", language="zh-Hans", solution="换一个网关"),
    ]
    with open_trial(Settings(data_dir=tmp_path_factory.mktemp("plant")), cases) as service:
        yield service


def first(service: Service, problem: str, *codes: str) -> str:
    """Id of the first match, empty for none."""
    matches = service.find_similar(Query(problem=problem, error_codes=codes, audience=OPERATOR.audience)).matches
    return matches[0].stored.case.id if matches else ""


@pytest.mark.parametrize(
    ("id", "variants"),
    [
        ("wlan", ("wifi slow", "Wi-Fi slow", "wi fi slow", "WiFi slow")),
        ("post", ("email not delivered", "e-mail not delivered", "e mail not delivered")),
        ("vpn", ("VPN连不上", "VPN 连不上")),
        ("wlan", ("wifiが遅い", "wifi が遅い", "Wi-Fiが遅い")),
    ],
)
def test_variants_of_a_word_are_answered_alike(plant: Service, id: str, variants: tuple[str, ...]) -> None:
    """The same cases with the same confidence, whatever its hyphens and spaces and whichever script it touches."""
    asked = [plant.find_similar(Query(problem=text, audience=OPERATOR.audience)).matches for text in variants]
    shown = [[(match.stored.case.id, round(match.confidence, 6)) for match in matches] for matches in asked]

    assert shown[0][0][0] == id
    assert all(one == shown[0] for one in shown)


@pytest.mark.parametrize("tag", POLITE)
def test_forty_lines_of_politeness_leave_the_question(plant: Service, tag: str) -> None:
    """However often somebody thanks, what is searched is what they ask."""
    lines = (POLITE[tag] + "\n") * 10 + ASKED[tag] + "\n" + POLITE[tag]

    assert read(lines).problem.strip(".。") == ASKED[tag]
    assert first(plant, lines) == f"belt-{tag}"


@pytest.mark.parametrize("tag", STORY)
def test_a_mail_with_a_story_and_a_signature_finds_what_it_asks(plant: Service, tag: str) -> None:
    """Greeting, story, thanks and signature are not searched, whatever the library has on boats, visitors or phones."""
    result = plant.find_similar(Query(problem=STORY[tag].format(ASKED[tag]), audience=OPERATOR.audience))

    assert result.matches[0].stored.case.id == f"belt-{tag}"
    assert ASKED[tag] in result.read_as
    assert "Fin" not in result.read_as and "挪威" not in result.read_as


def log_lines(count: int, start: int = 0) -> str:
    """Lines of a log in which nothing happens."""
    return "\n".join(
        f"2026-03-0{n % 9 + 1}T0{n % 10}:{n % 60:02}:11.{n:03}Z INFO [pool-{n}] com.shop.Boat - visitor {n:08x} served"
        for n in range(start, start + count)
    )


@pytest.mark.parametrize(
    ("fault", "id"),
    [
        ("2026-03-04T05:06:07.123Z ERROR [main] com.shop.Dao - ORA-00942: table or view does not exist", "table"),
        ("04:05:06,789 FATAL db: ORA-01653: unable to extend table", "space"),
    ],
)
def test_a_code_among_a_hundred_lines_of_a_log_is_found(plant: Service, fault: str, id: str) -> None:
    """With a word before it or without one: lines that report nothing are left out."""
    log = f"{log_lines(50)}\n{fault}\n{log_lines(50, 50)}"

    assert first(plant, log) == id
    assert first(plant, f"what is this?\n{log}") == id
    assert "served" not in read(log).problem


SERVED = "2026-03-04T05:06:07.123Z INFO com.shop.Boat - visitor served in 12 ms"
FRAMES = " ".join(f"at com.shop.Dao.step{n}(Dao.java:{n})" for n in range(40))
TALK = "我们是贵公司多年的老客户昨天晚上家里来了挪威的客人大家一起吃饭聊天说起新船的事情回来以后就休息了"
PROSE = "we are customers for many years and in the evening we had visitors who spoke of their boat and of the phone "


@pytest.mark.parametrize(
    "line",
    [
        "INFO x " * 20 + " {} " + "INFO y " * 20,
        f"{SERVED} " * 20 + "2026-03-04T05:06:07.123Z ERROR com.shop.Dao - {} " + f"{SERVED} " * 20,
        f"{SERVED}; " * 20 + "{}; " + f"{SERVED}; " * 20,
        "[" + '{{"level":"info","msg":"served"}},' * 30 + '{{"level":"error","msg":"{}"}},' + '{{"n":7}},' * 30 + "7]",
        "java.sql.SQLException: {} " + FRAMES,
        FRAMES + " Caused by: java.sql.SQLException: {} ... 17 more",
        "2026-03-04,web01,shop,ok," * 20 + "{}," + "2026-03-04,web02,shop,ok," * 20,
        TALK * 4 + "显示{}然后" + TALK * 4,
        PROSE * 3 + "and it shows {} and then " + PROSE * 3,
        "x" * 700 + " {} " + "y" * 700,
    ],
)
@pytest.mark.parametrize(("code", "id"), [("ORA-00942", "table"), ("ora-01653", "space"), ("HX-200", "pump")])
def test_a_code_in_one_long_line_is_found(plant: Service, line: str, code: str, id: str) -> None:
    """Records without line ends, minified JSON, frames in a row, cells, prose and texts without spaces."""
    assert first(plant, line.format(code)) == id


@pytest.mark.parametrize(
    "text",
    [
        PROSE * 3 + "and it shows ORA-99999 and then " + PROSE * 3,
        PROSE * 3 + "and it took 12ms at 10:30 on 2026-03-04 and then " + PROSE * 3,
    ],
)
def test_a_code_that_the_library_lacks_leads_nowhere(plant: Service, text: str) -> None:
    """Codes of nobody's case, sizes and times are never searched alone."""
    result = plant.find_similar(Query(problem=text, audience=OPERATOR.audience))

    assert "boat" in result.read_as


def test_what_stands_around_a_code_tells_apart_the_cases_that_share_it(plant: Service) -> None:
    """The code alone is only taken where everything else is noise."""
    line = f"{SERVED} " * 20 + "2026-03-04T05:06:07.123Z ERROR E-05 {} " + f"{SERVED} " * 20

    assert first(plant, line.format("the lift door stays open")) == "lift"
    assert first(plant, line.format("the oven gets too hot")) == "oven"


def test_a_log_of_faults_is_bounded_and_says_each_once() -> None:
    """Lines that differ in numbers and times alone are one; of many faults the first few stay."""
    same = "\n".join(f"2026-03-04 05:06:{n:02} ERROR request {n}{n} failed after {n} ms" for n in range(40))
    many = "\n".join(f"2026-03-04 05:06:07 ERROR unit {chr(97 + n)}{chr(97 + n)} failed" for n in range(20))

    assert read(same).problem.count("failed") == 1
    assert read(many).problem.count("failed") == LOG_LINES


@pytest.mark.parametrize(
    "trace",
    [
        'Exception in thread "main" java.lang.NullPointerException: coupon is null\n'
        + "\n".join(f"\tat com.shop.CouponService.step{n}(CouponService.java:{n})" for n in range(60))
        + "\nCaused by: java.lang.IllegalStateException: no session\n\t... 17 more",
        "Traceback (most recent call last):\n"
        + "\n".join(f'  File "/srv/shop/coupon_{n}.py", line {n}, in apply' for n in range(60))
        + "\nNullPointerException: CouponService has no coupon",
    ],
)
def test_a_stack_trace_is_what_it_reports(plant: Service, trace: str) -> None:
    """The exceptions stay, the frames go."""
    assert first(plant, f"checkout fails\n{trace}") == "npe"
    assert ".java:" not in read(trace).problem and 'File "' not in read(trace).problem


@pytest.mark.parametrize("text", ["the export stopped again, see ORA-00942", "nightly export: ORA-00942!"])
def test_a_code_in_the_text_counts_as_one_given_beside_it(plant: Service, text: str) -> None:
    """Given once more by hand it changes nothing, so no answer depends on which field a code was typed into."""
    asked = [
        plant.find_similar(Query(problem=text, error_codes=codes, audience=OPERATOR.audience)).matches
        for codes in ((), ("ORA-00942",), ("ora-00942",))
    ]
    shown = [[(match.stored.case.id, match.confidence) for match in matches] for matches in asked]

    assert shown[0] == shown[1] == shown[2]
    assert shown[0][0][0] == "table"


def test_a_code_or_model_that_goes_with_its_part_is_kept() -> None:
    """What is left out of the text stays as an error code, at most so many; what still stands in it is not repeated."""
    reading = READER.read(Query(problem="We use an HX-200 at home.\nThe pump leaks.\nIt shows E-05 then."))

    assert reading.narrowed(["The pump leaks."]).error_codes == ("E-05", "HX-200")
    assert reading.query.error_codes == ()
    many = READER.read(Query(problem="It leaks.\n" + "\n".join(f"see E-{n:03}" for n in range(60))))
    assert len(many.narrowed(["It leaks."]).error_codes) == CODES


@pytest.mark.parametrize(
    "text",
    [
        "VPN drops",
        "I cannot answer calls, the phone rings once",
        "Hello, my printer prints blank pages",
        "help: password",
        "x < y fails in 3.2",
        "error in line 7",
        "三楼会议室的投影仪打不开",
    ],
)
def test_a_short_question_is_taken_as_it_is(text: str) -> None:
    """Nothing is read into a line that somebody typed."""
    assert read(text) == Query(problem=text)


@pytest.mark.parametrize("text", ["Thanks!\nThanks!\nThank you!", "> only\n> a quote", "\n\n  \n", "Hi\n\nBob"])
def test_a_question_is_never_emptied(text: str) -> None:
    """A text that is nothing but politeness or quotes is searched, or found silent, as it is."""
    assert read(text).problem.strip() or not text.strip()


def test_personal_values_are_masked_after_cleaning() -> None:
    """A mail is recognised by names and addresses, so they go last, and none is left."""
    mail = "Dear Mr Finch,\n\nthe label printer skips pages for ann@example.com since May.\n\nKind regards\nBob Hill"

    assert read(mail).problem == "the label printer skips pages for [EMAIL_1] since May."


@pytest.mark.parametrize("sentence", [line for text in POLITE.values() for line in text.split("\n")])
def test_politeness_is_told(sentence: str) -> None:
    """Greetings, hopes, apologies and thanks, in ten languages."""
    assert is_polite(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        *ASKED.values(),
        "Please reset my password.",
        "Thanks, but the invoice is still wrong.",
        "I hope the refund arrives.",
        "Error 5 again.",
        "email",
        "The answer machine does not answer.",
        "Bitte Rechnung stornieren.",
        "麻烦把发票抬头改一下",
        "パスワードの再設定をお願いします",
        "환불 부탁드립니다 주문번호는 7번",
    ],
)
def test_what_asks_something_is_not_polite_only(sentence: str) -> None:
    """A polite sentence that names a thing asks something."""
    assert not is_polite(sentence)


def test_the_surest_parts_are_searched_in_their_order() -> None:
    """Parts about as sure as the surest stay; a whole that is no surer goes; few parts are tried, the weightiest."""
    sure = {"a": 2.0, "b": -3.0, "c": 1.0}
    tried: list[tuple[str, ...]] = []

    def size(part: str) -> tuple[float, float]:
        return 0.0, len(part)

    def ask(parts: tuple[str, ...]) -> float:
        tried.append(tuple(parts))
        return sure.get(parts[0], -9.0) if len(parts) == 1 else 2.6 if list(parts) == ["a", "c"] else 2.9

    assert focused(["c", "b", "a"], size, lambda parts: ask(tuple(sorted(parts)))) == ("c", "a")
    tried.clear()
    focused([f"part {number}" for number in range(60)], size, lambda parts: ask(tuple(parts)))
    assert len(tried) <= PARTS + 2
    assert focused(["c", "b"], size, lambda parts: 9.0 if len(parts) == 2 else 0.0) == ("c", "b")


def test_what_is_chosen_of_a_long_question_is_asked_once(plant: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try is one search, and the answer is that of the try that won."""
    encoded: list[str] = []
    encode = type(plant.encoder).encode_query

    def noted(encoder: object, texts: Sequence[str]) -> object:
        encoded.extend(texts)
        return encode(encoder, texts)  # type: ignore[arg-type]

    monkeypatch.setattr(type(plant.encoder), "encode_query", noted)
    result = plant.find_similar(Query(problem=STORY["en"].format(ASKED["en"]), audience=OPERATOR.audience))

    assert result.matches[0].stored.case.id == "belt-en"
    assert len(encoded) == len(set(encoded)) <= PARTS + 3
