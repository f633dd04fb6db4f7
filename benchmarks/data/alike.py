"""Libraries whose cases are hard to tell apart: templates, copies, headings in many languages. The same for a seed."""

import random
from collections.abc import Callable, Mapping

from benchmarks.data.library import iter_synthetic_cases
from retriever.sample.library import load_sample_cases

Library = tuple[list[str], list[str]]
"""Texts of cases and of questions."""

_HEADINGS = """
en|Before you begin|Troubleshooting|Contact support|Install the app|Reset your password|Known problems
de|Bevor Sie beginnen|Fehlerbehebung|Support kontaktieren|App installieren|Passwort zurücksetzen|Bekannte Probleme
fr|Avant de commencer|Dépannage|Contacter le support|Installer l'application\
|Réinitialiser le mot de passe|Problèmes connus
es|Antes de empezar|Solución de problemas|Contactar con soporte|Instalar la aplicación\
|Restablecer la contraseña|Problemas conocidos
pt|Antes de começar|Solução de problemas|Contatar o suporte|Instalar o aplicativo|Redefinir a senha|Problemas conhecidos
it|Prima di iniziare|Risoluzione dei problemi|Contatta l'assistenza\
|Installare l'app|Reimpostare la password|Problemi noti
nl|Voordat u begint|Problemen oplossen|Contact opnemen|De app installeren|Wachtwoord opnieuw instellen|Bekende problemen
pl|Zanim zaczniesz|Rozwiązywanie problemów|Kontakt z pomocą|Instalacja aplikacji|Resetowanie hasła|Znane problemy
cs|Než začnete|Řešení potíží|Kontaktovat podporu|Instalace aplikace|Obnovení hesla|Známé problémy
sv|Innan du börjar|Felsökning|Kontakta supporten|Installera appen|Återställ lösenordet|Kända problem
tr|Başlamadan önce|Sorun giderme|Desteğe başvurun|Uygulamayı yükleme|Parolayı sıfırlama|Bilinen sorunlar
ru|Перед началом работы|Устранение неполадок|Обратиться в поддержку|Установка приложения|Сброс пароля|Известные проблемы
uk|Перш ніж почати|Усунення несправностей|Звернутися до підтримки|Встановлення програми|Скидання пароля|Відомі проблеми
ja|始める前に|トラブルシューティング|サポートに問い合わせる|アプリをインストールする|パスワードをリセットする|既知の問題
ko|시작하기 전에|문제 해결|지원팀에 문의|앱 설치|비밀번호 재설정|알려진 문제
zh|开始之前|故障排除|联系客服|安装应用|重置密码|已知问题
vi|Trước khi bắt đầu|Khắc phục sự cố|Liên hệ hỗ trợ|Cài đặt ứng dụng|Đặt lại mật khẩu|Sự cố đã biết
"""
_PRODUCTS = ("Router X", "Mobile", "Desktop", "Cloud", "Camera S2", "Scanner", "POS 4", "Hub", "VPN", "Mail")
_PLACES = ("Berlin", "Shanghai", "Paris", "Madrid", "Tokyo", "Rome", "Austin", "Lima", "Kraków", "Leeds")


def ordinary(count: int, questions: int, seed: int) -> Library:
    """Cases of recombined sentences, as the latency benchmark has them; questions are further ones."""
    texts = [case.problem for case in iter_synthetic_cases(count + questions, seed=seed)]
    return texts[:count], texts[count:]


def templates(count: int, questions: int, seed: int) -> Library:
    """500 templates with fields: a number, a place, a date."""
    rng = random.Random(seed)
    problems = [case.problem for case in load_sample_cases()]
    kinds = [f"{rng.choice(problems)} {rng.choice(problems)[:60]}" for _ in range(500)]

    def filled() -> str:
        number, day = f"{rng.choice('ABCDEFG')}{rng.randrange(1_000, 99_999)}", f"{rng.randrange(1, 29)}.2025"
        return f"{rng.choice(kinds)} {number}, {rng.choice(_PLACES)}, {day}"

    return [filled() for _ in range(count)], [filled() for _ in range(questions)]


def copies(count: int, questions: int, seed: int) -> Library:
    """One text for half of the cases; questions are about it, a little changed, and about the others."""
    rng = random.Random(seed)
    others, asked = ordinary(count - count // 2, questions // 2, seed)
    one = load_sample_cases()[3].problem
    cases = [one] * (count // 2) + others
    rng.shuffle(cases)
    return cases, [one, *(f"{one} {rng.randrange(10_000)}" for _ in range(questions // 2 - 1)), *asked]


def headings(count: int, questions: int, seed: int) -> Library:
    """Headings of help pages in 17 languages, most of them many times; some name a product or a chapter."""
    rng = random.Random(seed)
    said = [heading for line in _HEADINGS.strip().splitlines() for heading in line.split("|")[1:]]

    def heading() -> str:
        chance, text = rng.random(), rng.choice(said)
        if chance < 0.6:
            return text
        return f"{text} – {rng.choice(_PRODUCTS)}" if chance < 0.9 else f"{text} {rng.randrange(1, 2_000)}"

    return [heading() for _ in range(count)], [heading() for _ in range(questions)]


LIBRARIES: Mapping[str, Callable[[int, int, int], Library]] = {
    "ordinary": ordinary,
    "500 templates with fields": templates,
    "half of it one text": copies,
    "headings in 17 languages": headings,
}
"""By what stands in the result."""
