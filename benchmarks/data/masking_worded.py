"""Values that words announce: names behind titles, companies, papers, secrets in code. Some seen, some held out.

The rules were written against what is seen. What is held out shares no value and no sentence with it, was written down
after the rules, and is what is reported.
"""

import random
import string
from collections.abc import Callable, Mapping

from benchmarks.data.masking_samples import Sample, digits, listed

Words = tuple[str, ...]
Halves = tuple[Words, Words]
Maker = Callable[[random.Random, bool], tuple[str, str]]

_TITLES: Mapping[str, Halves] = {
    "de": (listed("Frau Dr. {}|Herrn Dipl.-Ing. {}|Herr Prof. Dr. {}|Herr {}"),
           listed("Frau Prof. Dr. med. {}|Herr Mag. {}|Herrn Dr. rer. nat. {}|Frau {}|Fr. Dr. {}|Herr Dr.-Ing. {}")),
    "en": (listed("Mr. {}|Mrs. Dr. {}|Ms {}|Prof. {}"), listed("Mr {}|Dr. {}|Prof. Dr. {}|Miss {}|Rev. {}|Mrs {}")),
    "fr": (listed("Mme {}|M. {}|Monsieur {}"), listed("Mme le Dr {}|Maître {}|Mlle {}|Madame {}|Pr. {}")),
    "es": (listed("Sr. {}|Sra. Dra. {}"), listed("Srta. {}|Don {}|Sr. Lic. {}|señora {}|Ing. {}")),
    "it": (listed("Sig. {}|Dott.ssa {}"), listed("Sig.ra {}|Avv. {}|Dott. Ing. {}|signor {}")),
    "pl": (listed("Pan {}|Pani mgr {}"), listed("Pani dr hab. {}|pan {}|Pan inż. {}")),
    "nl": (listed("dhr. {}|mevrouw {}"), listed("mw. {}|meneer {}|dhr. ir. {}")),
    "ru": (listed("г-н {}|господин {}"), listed("г-жа {}|господину {}|госпожа {}")),
    "tr": (listed("Sayın {}|Bay {}"), listed("Sayın Dr. {}|Bayan {}")),
}  # fmt: skip
_NAMES: Mapping[str, Halves] = {
    "de": (listed("Anna Schmidt-Weber|Müller|Klaus Huber"),
           listed("Gerlinde Achternbusch|Töpperwien|Holger Quandt-Elsner|Xaver von der Burg|Ißleib|Sieglinde Wöhrl")),
    "en": (listed("Smith|John Miller|Mary O'Brien"),
           listed("Thaddeus Underhill|Fitzgerald-Moyes|Adaeze Chukwu|O'Malley|J. P. Winterbourne|Siobhán McAllister")),
    "fr": (listed("Dupont|Claire Lefèvre"), listed("Gwenaëlle Kerbrat|d'Estienne|Jean-Baptiste Poirier")),
    "es": (listed("Juan Pérez|Ana de la Cruz"),
           listed("Itziar Etxeberria|Quintana Rovira|Jesús Ángel del Valle Ordóñez|Macarena Zúñiga")),
    "it": (listed("Giulia Bianchi|Rossi"), listed("Ludovica Sgarbi|Dell'Acqua|Tommaso De Angelis|Pasqualini")),
    "pl": (listed("Jan Kowalski|Nowak"), listed("Żaneta Szczepańska|Brzęczyszczykiewicz|Wawrzyniec Łoś|Gżegżółka-Bąk")),
    "nl": (listed("Jan van den Berg|Bakker"), listed("Fenna Hoogeveen|van 't Zand|Sjoerd de Haas-Pruim|Terpstra")),
    "ru": (listed("Иванов|Анна Смирнова"), listed("Щербаков|Людмила Петровна Ежова|Хачатурян-Юсупов|Глеб Ярцев")),
    "tr": (listed("Mehmet Yılmaz|Demir"), listed("Gülşah Ağaoğlu|Özgür Çınar|Şentürk|İlknur Başaran")),
}  # fmt: skip
_AROUND: Mapping[str, Halves] = {
    "de": (listed("{} hat angerufen|Bitte {} zurückrufen"), listed("laut {} druckt er nicht|{}, Zimmer 4|von {}")),
    "en": (listed("{} called|ask {} please"), listed("{} cannot log in|forwarded by {}.|({} was cc'd)")),
    "fr": (listed("{} a appelé"), listed("selon {}, rien ne marche|merci de rappeler {}.")),
    "es": (listed("{} llama"), listed("según {} no imprime|avisar a {}, por favor")),
    "it": (listed("{} ha chiamato"), listed("secondo {} non stampa|richiamare {}.")),
    "pl": (listed("{} dzwoni"), listed("zgłosiła to {}.|według {} nie działa")),
    "nl": (listed("{} belt"), listed("volgens {} werkt het niet|graag {} terugbellen")),
    "ru": (listed("{} звонит"), listed("со слов {} не печатает|перезвоните, {}!")),
    "tr": (listed("{} aradı"), listed("{} giriş yapamıyor|not: {}.")),
}  # fmt: skip
_CHINESE: Halves = (
    listed("张伟|王芳|李娜|陈静|欧阳雪"),
    listed("谭咏诗|邹凯|孟繁星|汪曦|段誉铭|秦岚|赖冠霖|尹航|郝蕾|司马懿轩|廖晨阳|戴梦琪|邵逸飞|钟楚曦|龚俊"),
)
_CHINESE_AROUND: Halves = (
    listed("客户{}反馈无法登录|用户{}表示|请{}先生回电"),
    listed(
        "用户{}投诉快递太慢|经理{}已经批准|客户{}要求退款|{}女士来电咨询|联系人：{}，急|{}老师说打不开|老客户{}推荐"
    ),
)
_COMPANIES: Halves = (
    listed(
        "Nordlicht Maschinenbau GmbH|Acme Widgets, Inc.|Dupuis Frères SARL|"
        "上海云帆科技有限公司|株式会社青空商事|ООО «Ромашка»"
    ),
    listed(
        "Wolkenstein Feinmechanik GmbH & Co. KG|Plumtree & Daughters Ltd.|Kestrel Avionics, LLC|Haldane Textiles plc|"
        "Boulangerie Le Goff S.A.S.|Viñedos Albariza S.L.U.|Hermanos Ocampo S.A. de C.V.|Metalúrgica Sabiá Ltda.|"
        "Pastificio Ghirlanda S.p.A.|Stolarnia Dąb Sp. z o.o.|Sklárna Jizera s.r.o.|Veenstra Zuivel B.V.|"
        "Karadeniz Fındık A.Ş.|Bükki Méz Kft.|Strandhagen Fisk AS|Granlunda Trä AB|Ostrowsky Spedition AG|"
        "Kavanagh Foods Pty Ltd|Lotus Weaving Pvt. Ltd.|ООО «Северный Кедр»|ТОВ «Степова Брама»|PT Angin Timur Tbk|"
        "苏州枫桥纺织有限公司|哈尔滨雪域乳业股份有限公司|株式会社雨宮工芸|"
        "琥珀電子株式会社|주식회사 달빛유통|台南蓮霧實業有限公司"
    ),
)
_COMPANY_AROUND: Halves = (
    listed("our client {} waits|{} meldet|customer: {}"),
    listed("invoice to {}|{} – 12 seats|für {} eingerichtet|(via {})|{}：设备离线|reported by staff of {}\nand again"),
)
_PAPERS: Halves = (
    listed("passport number |Reisepass Nr. |护照号 "),
    listed(
        "passport: |Pass-Nr. C|Reisepassnummer |Personalausweisnummer: |"
        "driver's licence no. |pasaporte n.º |carte d'identité : |"
        "numer paszportu |dowód osobisty: |pasaport numarası |паспорт № |"
        "водительское удостоверение |パスポート |運転免許証 |"
        "여권번호 |운전면허 |passaporte: |CNH |voter id |paspoortnummer |護照號碼：|驾驶证号"
    ),
)
_PERSON_NUMBERS: Halves = (
    listed("PESEL |Aadhaar |DNI |СНИЛС "),
    listed(
        "NI number: AB|National Insurance no. JK|Steuer-ID |"
        "Sozialversicherungsnummer |NHS number |número de afiliación NSS |"
        "numéro de sécu |CPF: |Aadhaar number |numer PESEL |T.C. kimlik no: |"
        "ИНН |マイナンバー：|個人番号 |주민등록번호 |personnummer |"
        "fødselsnummer |BSN |rodné číslo |codice fiscale "
    ),
)
_SECRETS: Halves = (
    listed("password={}|--password {}|<password>{}</password>|pw={}"),
    listed(
        "DB_PASSWORD={}|--admin-password '{}'|mysql -h db -uapp -p{} shop|curl -u svc:{} https://a.example|"
        '<property name="password" value="{}"/>|"clientSecret":"{}"|Set-Cookie: SESSION={}; Secure|x-api-key: {}|'
        "Server=h;User Id=u;Password={};Encrypt=True|redis://:{}@cache:6379/0|AccountKey={};EndpointSuffix=x|"
        "passwort lautet {}|mot de passe : {}|hasło: {}|parola: {}|"
        "пароль: {}|パスワードは{}|登录密码：{}|sshpass -p {} ssh a@b|"
        "login: kim, password: {}|redis-cli -a {} ping"
    ),
)
_LINKS: Halves = (
    listed("https://id.example.com/reset/{}|/verify/{}"),
    listed(
        "https://sso.example.net/account/password/reset/{}|/magic-link/{}|https://app.example/invite/{}?a=1|"
        "https://a.example/email/confirm/{}|GET /unsubscribe/{} HTTP/1.1|https://b.example/activate/{}"
    ),
)


_HELD_TITLES: Mapping[str, Words] = {
    "de": listed("Frau Dr. Dr. {}|Herrn Prof. {}|Herr Dipl.-Kfm. {}|Familie {}|Herr RegR Dr. {}"),
    "en": listed("Mrs. {}|Ms. Dr. {}|Professor {}|Mr. {}"),
    "fr": listed("Monsieur le Professeur {}|Mme Dr {}|M. {}"),
    "es": listed("Sra. {}|Sr. Ing. {}|Doña {}|doctor {}"),
    "it": listed("Dott. {}|Signora {}|Prof.ssa {}"),
    "pl": listed("Pani {}|Pana prof. {}|pani mgr inż. {}"),
    "nl": listed("dhr. {}|de heer {}|mevr. {}"),
    "ru": listed("г-ну {}|господина {}|г-н {}"),
    "tr": listed("Sayın Prof. Dr. {}|Sn. {}|Bay {}"),
}
_HELD_NAMES: Mapping[str, Words] = {
    "de": listed("Kunigunde Strohschein|Rübesamen|Detlev zu Hohenfels|Brüggemann-Pohl|Ansgar Kießling"),
    "en": listed("Wilhelmina Ashcroft|Obi Nwosu|D'Arcy|Prudence Gallagher-Finch|Rhys Llewellyn"),
    "fr": listed("Aurélien Chastagnier|Le Guennec|Solène de La Brosse|Marguerite Thévenet"),
    "es": listed("Nerea Lizarraga|Ibáñez Cobos|Evaristo de los Ríos|Begoña Urrutia Sáez"),
    "it": listed("Ermenegildo Fusco|Della Torre|Nicoletta Braschi|Zanardelli"),
    "pl": listed("Świętosława Ćwiklińska|Mączyński|Bożydar Źrebak|Śliwa-Pająk"),
    "nl": listed("Wietske Oosterhuis|van der Meulen|Berend ter Horst|Zijlstra"),
    "ru": listed("Черноусов|Ангелина Шаповалова|Ц. А. Юрьев|Белозерская-Кнышева"),
    "tr": listed("Tuğçe Karaosmanoğlu|Işık|Barış Öztürkmen|Nilüfer Ünal"),
}
_HELD_AROUND: Mapping[str, Words] = {
    "de": listed("{} wartet seit gestern|Rückfrage an {} gestellt"),
    "en": listed("{} reports a jam|escalated by {}, twice"),
    "fr": listed("{} ne peut pas imprimer|appel de {}."),
    "es": listed("{} pide ayuda|hablado con {}, sin éxito"),
    "it": listed("{} chiede aiuto|da parte di {}."),
    "pl": listed("{} czeka|rozmowa: {}."),
    "nl": listed("{} wacht nog|doorgezet door {}."),
    "ru": listed("{} ждёт ответа|заявка: {}."),
    "tr": listed("{} bekliyor|arayan: {}."),
}
_HELD_CHINESE = listed(
    "贾玉涵|凌霄|苏沐阳|傅以诚|田甜|彭于晏|诸葛青云|韦志杰|倪妮|胡夏|邱子芸|曹骏|阮经天|柯佳嬿|丁禹兮"
)
_HELD_CHINESE_AROUND = listed(
    "客户{}说密码忘了|用户{}无法下单|主管{}已同意|{}先生催了两次|收件人：{}。|{}经理在等|会员{}申请退货"
)
_HELD_COMPANIES = listed(
    "Rabenstein Optik GmbH|Silberbach Brauerei AG|Kirschblüte Gastro UG (haftungsbeschränkt)|Thistledown Bakeries Ltd|"
    "Marrow & Pike Inc.|Copperfield Analytics LLC|Fromagerie Vallon SARL|"
    "Olivares del Cid S.A.|Distribuidora Quetzal S. de R.L.|"
    "Cerâmica Pirilampo Ltda|Vetreria Montalto S.r.l.|Garbarnia Wisła Sp. z o.o. Sp. k.|Truhlářství Kos s.r.o.|"
    "Bloemenveiling Anjer B.V.|Ege Zeytin Ltd. Şti.|Tisza Cipő Zrt.|"
    "Nordkapp Rør A/S|Hammarö Mekaniska AB|Saimaa Puu Oy|"
    "Emerald Tea Pte Ltd|ЗАО «Горный Лён»|Công ty TNHH Sao Biển|宁波海棠模具有限公司|西安古城文化传媒有限责任公司|"
    "有限会社霧島茶園|㈱ナギサ製薬|주식회사 은하수목재|高雄珊瑚科技股份有限公司"
)
_HELD_COMPANY_AROUND = listed("quote for {} sent|{} beschwert sich|at {}, floor 3|cliente: {}.|今天{}来电|[{}] offline")
_HELD_PAPERS = listed(
    "passport ID: |Reisepass |Führerschein-Nr. |identity card no. |"
    "driver license number: |pasaporte nº |permis de conduire n° |"
    "prawo jazdy nr |paszport: |ehliyet no: |загранпаспорт |паспорт серия |"
    "旅券番号 |運転免許証番号：|여권번호: |운전면허번호 |"
    "cédula: |carta d'identità n. |rijbewijs |通行证号 "
)
_HELD_NUMBERS = listed(
    "NINO |Steueridentifikationsnummer: |numéro de sécurité sociale |CPF nº |Aadhaar: |"
    "आधार नंबर |PESEL nr |TC kimlik no |СНИЛС: |"
    "マイナンバーは|주민번호 |CPR-nummer |henkilötunnus |CURP: |social security number |DNI nº |BSN-nummer "
)
_HELD_SECRETS = listed(
    'MYSQL_PWD={}|--db-pass={}|<pwd>{}</pwd>|curl --user app:{} https://b.example|"adminPassword": "{}"|'
    "Cookie: auth={}|private-token: {}|postgres://app:{}@db/x|SharedAccessKey={};x=1|Kennwort: {}|contraseña es {}|"
    "wachtwoord: {}|şifre: {}|parolă: {}|"
    "密码是{}|비밀번호는 {}|ldapsearch -D cn=x -w {} -b dc=y|user=kim;pwd={};db=a"
)
_HELD_LINKS = listed(
    "https://c.example/users/password/reset/{}|/verify-email/{}|https://d.example/confirm/{}|see /invitations/{}.|"
    "https://e.example/magic/{}?x=1"
)

_ROLES: Halves = (
    listed(
        "Kundin {}: Petra Schmidt|customer {}: John Miller|Klientka {}: Anna Kowalska|"
        "Пользователь {}: Иванов Иван Иванович|"
        "La cliente {}: Claire Dupont|Müşteri {}: Ayşe Demir|khách hàng {}: Nguyễn Văn An|العميل {}: محمد أحمد حسن"
    ),
    listed(
        "Mitarbeiterin {} meldet: Heike Brandl|our user {} waits: Deborah Whitfield|"
        "manager {} agreed: Oluwaseun Adeyemi|"
        "l'utilisatrice {}: Sandrine Bouvier|la usuaria {} pide: Montserrat Gil|o cliente {}: Thiago Azevedo|"
        "l'utente {} scrive: Federica Lombardi|klant {} belt: Maarten Dijkstra|pracownik {}: Zbigniew Wilczek|"
        "zákaznice {}: Lenka Dvořáková|používateľ {}: Marek Kováč|сотрудница {}: Белова Ольга Викторовна|"
        "клієнт {}: Олег Бондар|потребителка {}: Гергана Тодорова|kullanıcı {}: Mehmet Yıldırım|"
        "nhân viên {}: Trần Thị Lan|pelanggan {}: Agus Hidayat|πελάτισσα {}: Ελένη Νικολάου|"
        "clientul {}: Mihai Ionescu|ügyfelünk, {}: Kovács Eszter|användaren {}: Gustav Lindholm|"
        "kunden {}: Kirsten Nygaard|bruker {}: Ingrid Haugen|asiakas {}: Jukka Heikkinen|ग्राहक {}: सुनीता शर्मा|"
        "הלקוח {}: משה פרץ|کاربر {}: مریم کریمی|المستخدمة {}: سارة خالد"
    ),
)
_HELD_ROLES = listed(
    "Anwender {} fragt: Torben Kruse|Kollegin {} sagt: Mechthild Vogelsang|employee {} asked: Rajesh Iyer|"
    "client {} says: Brendan Gallagher|colleague {}: Hiroshi Watanabe|abonné {}: Cédric Marchetti|"
    "el gerente {}: Rodrigo Villanueva|funcionária {}: Luciana Teixeira|la collega {}: Giada Ferraro|"
    "gebruiker {}: Femke van der Wal|użytkowniczka {}: Agnieszka Sobczyk|uživatel {}: Zdeněk Procházka|"
    "zákazníčka {}: Zuzana Horváthová|клиенту {}: Семёнову Павлу Игоревичу|абонент {}: Тимур Галиев|"
    "користувачка {}: Наталія Кравченко|клиентът {}: Пламен Стоянов|müşterimiz {}: Burak Aydoğan|"
    "người dùng {}: Phạm Quốc Huy|karyawan {}: Bambang Prasetyo|ο χρήστης {}: Νίκος Οικονόμου|"
    "utilizatoarea {}: Andreea Munteanu|felhasználónk {}: Szabó Gergely|kund {}: Astrid Ekström|"
    "medarbejder {}: Jesper Mikkelsen|käyttäjä {}: Riikka Salonen|उपयोगकर्ता {}: अनिल यादव|"
    "המשתמשת {}: תמר כהן|مشتری {}: رضا جعفری|الموظف {}: عمر يوسف الشمري"
)
_DIALLED: Halves = (
    listed("ring {}|bel {}|call me on {}|appelez le {}|cep {}"),
    listed(
        "text us at {}|ruft mich unter {} an|rappelez-moi au {}|llame al {}|ligue para {}|chiami il {}|"
        "oddzwonić pod {}|volejte {}|volajte {}|наберите {}|зателефонуйте мені {}|позвънете на {}|"
        "beni {} numaradan arayın|"
        "gọi lại số {}|โทรหา {}|hubungi saya di {}|sunați-mă la {}|hívjon: {}|ringa mig på {}|"
        "soita {}|καλέστε με στο {}|"
        "اتصل بي على {}|با {} تماس بگیرید|התקשר אליי {}|{} पर कॉल करें|{}に電話してください|{}로 연락 주세요|whatsapp {}"
    ),
)
_HELD_DIALLED = listed(
    "phone her on {}|dial {}|bitte {} anrufen|joignable au {}|llámenos al {}|contate {}|"
    "richiamare {}|graag bellen op {}|"
    "zadzwoń: {}|zavolat na {}|перезвоните на {}|звони {}|{} numaralı telefon|liên hệ số {}|"
    "ติดต่อ {}|kontak {}|apelați {}|"
    "{} számon|kontakta oss på {}|soittakaa {}|τηλεφωνήστε στο {}|للتواصل {}|"
    "זה לא עובד, חייגו {}|вайбер {}|{}まで連絡を"
)


def _titled(rng: random.Random, held: bool) -> tuple[str, str]:
    language = rng.choice(list(_NAMES))
    around, title, name = (
        rng.choice(later[language] if held else _both(seen[language]))
        for later, seen in ((_HELD_AROUND, _AROUND), (_HELD_TITLES, _TITLES), (_HELD_NAMES, _NAMES))
    )
    return around.replace("{}", title, 1), name


def _role(rng: random.Random, held: bool) -> tuple[str, str]:
    around, _, name = rng.choice(_HELD_ROLES if held else _both(_ROLES)).rpartition(": ")
    return around, name


def _dialled(rng: random.Random, held: bool) -> tuple[str, str]:
    shapes = (
        listed("099 999 9999|09999 999999|0999-999-9999")
        if held
        else listed("099-99999999|099 99 99 99 99|0999 9999999")
    )
    number = _shaped(rng, shapes)
    return rng.choice(_HELD_DIALLED if held else _both(_DIALLED)), "01" + number[2:]


def _both(halves: Halves) -> Words:
    return (*halves[0], *halves[1])


def _chinese(rng: random.Random, held: bool) -> tuple[str, str]:
    around = _HELD_CHINESE_AROUND if held else _both(_CHINESE_AROUND)
    return rng.choice(around), rng.choice(_HELD_CHINESE if held else _both(_CHINESE))


def _company(rng: random.Random, held: bool) -> tuple[str, str]:
    around = _HELD_COMPANY_AROUND if held else _both(_COMPANY_AROUND)
    return rng.choice(around), rng.choice(_HELD_COMPANIES if held else _both(_COMPANIES))


def _shaped(rng: random.Random, shapes: Words) -> str:
    """`9` is a digit, `A` a capital, everything else itself."""
    letters = {"9": string.digits, "A": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return "".join(rng.choice(letters[sign]) if sign in letters else sign for sign in rng.choice(shapes))


_PAPER_SHAPES = listed(
    "A99A99A99|AA9999999|999999999|A9AA99999|AAA999999|99AA99999|99 99 999999|AA 9999999|A999999999A9"
)
_HELD_PAPER_SHAPES = listed("AA999999A|9999 999999|A9999999A|99-99-999999-99|A 9999999|AA99A9999|99999/99/9999")
_NUMBER_SHAPES = listed("99999999999|99999999A|99 99 99 9|999999999A|9999 9999 9999|999999-9999|999-999-999 99")
_HELD_NUMBER_SHAPES = listed(
    "AA 99 99 99 A|9 99 99 99 999 999 99|999.999.999-99|999999-9999999|9999999999|AAAA999999AAAAAA99"
)


def _paper(rng: random.Random, held: bool) -> tuple[str, str]:
    cue = rng.choice(_HELD_PAPERS if held else _both(_PAPERS))
    return cue + "{}", _shaped(rng, _HELD_PAPER_SHAPES if held else _PAPER_SHAPES)


def _person_number(rng: random.Random, held: bool) -> tuple[str, str]:
    cue = rng.choice(_HELD_NUMBERS if held else _both(_PERSON_NUMBERS))
    return cue + "{}", _shaped(rng, _HELD_NUMBER_SHAPES if held else _NUMBER_SHAPES)


def _secret(rng: random.Random, held: bool) -> tuple[str, str]:
    signs = string.ascii_letters + string.digits + "!$#%*+"
    value = rng.choice("$!#" + string.ascii_letters) + "".join(rng.choices(signs, k=8)) + digits(rng, 1)
    return rng.choice(_HELD_SECRETS if held else _both(_SECRETS)), value


def _own_key(rng: random.Random, held: bool) -> tuple[str, str]:
    signs = string.ascii_letters + string.digits
    key = f"sc_{''.join(rng.choices(signs, k=8))}_{''.join(rng.choices(signs, k=49))}"
    around = (
        listed("used {} today|SIMILAR_CASES_KEY={}|“{}”") if held else listed("key {} fails|with {} it is 401|({})")
    )
    return rng.choice(around), key


def _link(rng: random.Random, held: bool) -> tuple[str, str]:
    signs = string.ascii_lowercase + string.digits
    rest = "".join(rng.choices(signs, k=rng.choice((4, 12, 28))))
    token = rng.choice("abcdef") + digits(rng, 2) + rng.choice("xyz") + rest
    return rng.choice(_HELD_LINKS if held else _both(_LINKS)), token


MAKERS: dict[str, tuple[tuple[str, ...], Maker]] = {
    "name behind titles": (("PERSON",), _titled),
    "name beside a role, Chinese": (("PERSON",), _chinese),
    "name beside a role": (("PERSON",), _role),
    "number beside a verb": (("PHONE",), _dialled),
    "company by legal form": (("COMPANY",), _company),
    "identity paper with cue": (("PASSPORT",), _paper),
    "number of a person with cue": (("NATIONAL_ID", "PHONE", "TAX_ID"), _person_number),
    "secret in code or with cue": (("SECRET", "QUERY"), _secret),
    "key of this program": (("SECRET",), _own_key),
    "token in a link": (("SECRET",), _link),
}
"""The placeholders that are right for each, and what makes a value within the words around it, of either half."""


def worded(kind: str, count: int, seed: int, *, held_out: bool) -> list[Sample]:
    """Samples of one of these kinds, of what the rules were written against or of what was held out."""
    rng = random.Random(f"{seed}/{kind}/{held_out}")
    samples = []
    for _ in range(count):
        around, value = MAKERS[kind][1](rng, held_out)
        before, after = around.split("{}")
        samples.append(Sample(kind, before + value + after, len(before), len(before) + len(value)))
    return samples
