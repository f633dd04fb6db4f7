"""Names beside what a person is to the desk, behind labels and in scripts without capitals; things that stand there."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs, parts

BESIDE_ROLES = r"""
Пользователь Иванов Иван Иванович не может войти => Иванов Иван Иванович
Клиенту Ивановой Марии Сергеевне не пришло письмо => Ивановой Марии Сергеевне
покупатель Алла Пугачёва => Алла Пугачёва
клієнтка Оксана Бондаренко => Оксана Бондаренко
потребителка Ваня Петрова => Ваня Петрова
Klientka Anna Kowalska zgłasza => Anna Kowalska
klienta Jana Nowaka nie ma => Jana Nowaka
Zákaznice Jana Nováková volala => Jana Nováková
Používateľ Ján Horváth => Ján Horváth
La cliente Marie-Claire Dupont ne peut pas => Marie-Claire Dupont
La clienta Lucía Fernández Gómez => Lucía Fernández Gómez
l'utente Chiara D'Amico => Chiara D'Amico
o usuário João Batista da Silva => João Batista da Silva
Klant Jan de Vries belt => Jan de Vries
Kundin Petra Schmidt-Öztürk meldet => Petra Schmidt-Öztürk
Kunde namens Jürgen Vogel => Jürgen Vogel
user John O'Neill-Byrne cannot => John O'Neill-Byrne
The manager Emily R. Watson approved => Emily R. Watson
customer Anna called => Anna
Müşteri Ayşe Demir aradı => Ayşe Demir
müşterimiz Zeynep Kaya Hanım => Zeynep Kaya
İstanbul'daki müşteri Ayşe Demir => Ayşe Demir
khách hàng Nguyễn Văn An không đăng nhập được => Nguyễn Văn An
pelanggan Budi Santoso => Budi Santoso
Ο πελάτης Γιώργος Παπαδόπουλος => Γιώργος Παπαδόπουλος
clientul Andrei Popescu => Andrei Popescu
kunden Erik Lindqvist => Erik Lindqvist
medarbejder Mette Frederiksen => Mette Frederiksen
asiakas Matti Virtanen => Matti Virtanen
العميل محمد أحمد حسن لا يستطيع => محمد أحمد حسن
کاربر علی احمدی => علی احمدی
הלקוחה שרה לוי => שרה לוי
ग्राहक सुनीता शर्मा => सुनीता शर्मा
顧客 伊藤美咲 => 伊藤美咲
ลูกค้าสมชายแจ้งว่า => สมชาย
"""
BEFORE_ROLES = r"""
Petra Schmidt (Kundin) meldet => Petra Schmidt
Мария Иванова, клиентка, звонила => Мария Иванова
Ayşe Yılmaz adlı müşteri aradı => Ayşe Yılmaz
Nagy Péter ügyfelünk => Nagy Péter
राजेश कुमार जी => राजेश कुमार
Петров И. И. (клиент) => Петров И. И.
"""
TITLED = r"""
คุณสมชาย ใจดี แจ้งว่าเข้าไม่ได้ => สมชาย ใจดี
นายวิชัย รักไทย => วิชัย รักไทย
मिस्टर राजेश कुमार ने => राजेश कुमार
السيد خالد عبد الله الشمري => خالد عبد الله الشمري
السيد عبد الرحمن بن محمد العتيبي => عبد الرحمن بن محمد العتيبي
г-н Кузнецов А.В. звонил => Кузнецов А.В.
г-жа А.В.Смирнова => А.В.Смирнова
Herr J.-P. Lacroix => J.-P. Lacroix
pán Novák => Novák
гражданка Сидорова => Сидорова
rouva Niinistö => Niinistö
"""
LABELLED = r"""
Name: José Ñáñez => José Ñáñez
Nom : Zoé Lefebvre => Zoé Lefebvre
Имя: Светлана => Светлана
Фамилия: Безруков => Безруков
Vorname: Friederike => Friederike
First name: Zübeyde => Zübeyde
İsim: Fatma Şahin => Fatma Şahin
Kundenname: Öğüt, Zübeyde => Öğüt, Zübeyde
الاسم: محمد علي => محمد علي
ФИО: Смирнов Алексей Иванович => Смирнов Алексей Иванович
名前：山田太郎 => 山田太郎
"""
THINGS = r"""
The customer wants a refund | Customer Success Manager role | User Account Control asks | Client Access License
User Guide German | Customer Invoice Template | Agent Desktop Version 4 | Chef Infra Client | Mr. Proper | Dr. Who
Kundin Portal öffnet nicht | Benutzer Anmeldung schlägt fehl | Der Benutzer Guest ist gesperrt | Kunde Deutsche Telekom
Клиент не может войти | Клиент Сбербанк Онлайн | Пользователь Личного Кабинета | Менеджер Файлов | Менеджер Проекта
Руководитель Отдела Продаж | клієнт ПриватБанк | Потребител Администратор
klient Poczta Outlook | Użytkownik Administrator Domeny | zákazník Česká Pošta | uživatel Host
Le client VPN Cisco | utilisateur Active Directory | Gestionnaire Des Tâches | cliente Banco Santander
usuario Administrador del Sistema | cliente El Corte Inglés | utente Amministratore di Sistema
Klant Contact Center | gebruiker Beheerder | Kullanıcı Hesabı Denetimi | Müşteri Temsilcisi | Müşteri Hizmetleri
khách hàng không thể đăng nhập | Khách Hàng Thân Thiết | Pelanggan Setia | Manajer Keuangan
Utilizatorul Administrator | Az Ügyfél Portál nem működik | Kunden Danske Bank | Asiakas Palvelu
Χρήστης Windows | العميل لا يستطيع الدخول | المدير العام وافق | کاربر جدید نمی تواند | המשתמש החדש לא פעיל
ग्राहक लॉगिन नहीं कर पा रहा | हाँ जी ठीक है | คุณสามารถเข้าสู่ระบบได้ | คุณสมบัติ ของเครื่อง | นายจ้าง ไม่ตอบ
お客様はログインできません | ユーザー名が違います | 고객 센터에 전화 | 客户要求退款 | client Thomas Cook booking
Name: Office Printer | Product Name: Anna Suite | First name: required | Vorname: Pflichtfeld | Фамилия: Ошибка
From: Support Team | User: Administrator | Agent: Mozilla/5.0 | Windows (client) fails
contact: Calle de Alcalá | customer Johnson & Johnson
"""


@pytest.mark.parametrize(("text", "name"), pairs(BESIDE_ROLES + BEFORE_ROLES.strip()))
def test_the_name_beside_a_role_is_taken(text: str, name: str) -> None:
    """Behind a role or before it, in every gender and case, with all its parts."""
    assert mask_text(text).text == text.replace(name, "[PERSON_1]")


@pytest.mark.parametrize(("text", "name"), pairs(TITLED))
def test_all_of_a_name_behind_a_title_is_taken(text: str, name: str) -> None:
    """Initials without spaces, further Arabic names, Thai surnames: nothing of the name stays."""
    assert mask_text(text).text == text.replace(name, "[PERSON_1]")


@pytest.mark.parametrize(("text", "name"), pairs(LABELLED))
def test_the_name_behind_a_label_is_taken(text: str, name: str) -> None:
    """A label of names alone is enough; behind a label of anything the value must be a name that people bear."""
    assert mask_text(text).text == text.replace(name, "[PERSON_1]")


@pytest.mark.parametrize("text", parts(THINGS))
def test_things_beside_a_role_stay(text: str) -> None:
    """Products, positions, companies and sentences about a customer name nobody."""
    assert mask_text(text).text == text
