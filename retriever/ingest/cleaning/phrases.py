"""Phrases of mails in many languages: headers of quoted mails, sign-offs, greetings, disclaimers."""

import re


def _lines(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


# Each is matched against one line of at most a few hundred characters.
REPLY_HEADERS = _lines(
    r"on .{3,300}\bwrote ?:",
    r"am .{3,300}\bschrieb\b.{0,200}:",
    r".{3,300}\bschrieb am\b.{3,200}:",
    r"le .{3,300}\ba écrit ?:",
    r"el .{3,300}\bescribió ?:",
    r"em .{3,300}\bescreveu ?:",
    r"il .{3,300}\bha scritto ?:",
    r"op .{3,300}\bschreef\b.{0,200}:",
    r"w dniu .{3,300}\b(?:pisze|napisał\(?a?\)?) ?:",
    r"dne .{3,300}\bnapsal\(?a?\)? ?:",
    r"den .{3,300}\bskrev\b.{0,200}:",
    r"(?:.{0,20}\d{4}.{3,250})\b(?:пишет|написал\(?а?\)?) ?:",
    r".{0,200}\d{1,4}.{0,200}(?:写道|寫道|撰写|的邮件中写道) ?[:：]",
    r".{0,200}\d{4}.{0,200}(?:さんは書きました|のメッセージ|のメール|さんが書きました) ?[:：]",
    r".{0,200}\d{4}.{0,200}(?:님이 작성|작성) ?[:：]",
)

HEADER_LABELS = {
    label: kind
    for kind, labels in {
        "from": "from|von|de|da|van|od|från|fra|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|от|remitente",
        "sent": "sent|date|gesendet|datum|envoyé|enviado|fecha|data|inviato|verzonden|wysłano|skickat|sendt|发送时间|"
        "寄件日期|日期|时间|送信日時|日時|보낸 날짜|날짜|отправлено|дата|odesláno|enviado el",
        "to": "to|an|à|para|a|aan|do|till|til|收件人|收件者|宛先|받는 사람|кому|komu",
        "cc": "cc|kopie|copie|kopia|抄送|副本|참조|копия",
        "subject": "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|ämne|emne|"
        "主题|主旨|件名|제목|тема|předmět",
    }.items()
    for label in labels.split("|")
}

SIGN_OFFS = frozenset(
    # Folded as the lines are that are compared with it: ß becomes ss.
    phrase.strip().casefold()
    for phrase in """
    best regards|kind regards|warm regards|regards|best|best wishes|many thanks|thanks|thank you
    |thanks and regards
    |thanks & regards|thanks in advance|yours sincerely|sincerely|sincerely yours|yours faithfully|cheers|all the best
    |with kind regards|br|kr|rgds|mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|freundliche grüsse
    |beste grüße|viele grüße|viele grüsse|liebe grüße|mfg|lg|vg|gruß|grüße|mit besten grüßen|herzliche grüße|danke
    |vielen dank|cordialement|bien cordialement|bien à vous|salutations|sincères salutations|merci|merci d'avance
    |meilleures salutations|saludos|saludos cordiales|un saludo|un cordial saludo|atentamente|gracias|muchas gracias
    |atenciosamente|att|cumprimentos|com os melhores cumprimentos|obrigado|obrigada|abraços|cordiali saluti
    |distinti saluti
    |saluti|grazie|un saluto|met vriendelijke groet|vriendelijke groeten|groeten|pozdrawiam|z poważaniem|с уважением
    |спасибо|заранее спасибо|med vänliga hälsningar|hälsningar|med venlig hilsen|venlig hilsen|s pozdravem
    |此致|此致敬礼|敬礼|祝好|祝工作顺利|祝商祺|顺颂商祺|顺祝商祺|谢谢|感谢|多谢|非常感谢|谢谢您|辛苦了|此致敬禮|敬祝商祺|謝謝|感謝
    |以上|よろしくお願いします|よろしくお願いいたします|宜しくお願いします|宜しくお願い致します|以上よろしくお願いいたします|敬具
    |ありがとうございます|ありがとうございました|감사합니다|고맙습니다|드림""".replace("\n", "").split("|")
)

SENT_FROM = (
    "sent from my ", "sent from outlook", "sent from mail for", "get outlook for", "sent via ", "gesendet von ",
    "von meinem iphone", "von meinem smartphone", "envoyé de mon ", "envoyé depuis", "enviado desde mi",
    "enviado do meu", "inviato da iphone", "inviato dal mio", "verzonden vanaf", "发自我的", "发自我的iphone",
    "来自我的", "寄自我的",
    "iphoneから送信", "私のiphoneから", "отправлено с ", "나의 iphone", "getoutlook",
)  # fmt: skip

GREETINGS = _lines(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?:[ ,]+[\w.'’ -]{1,50})?\s*[,!.:;-]?",
    r"(?:hallo|guten (?:tag|morgen|abend)|sehr geehrte[rs]?|liebe[rs]?|moin|servus|grüezi)"
    r"(?:[ ,]+[\w.'’ -]{1,60})?\s*[,!.:]?",
    r"(?:bonjour|bonsoir|salut|cher|chère|madame|monsieur)(?:[ ,]+[\w.'’ -]{1,50})?\s*[,!.:]?",
    r"(?:hola|buenos días|buenas tardes|buenas|estimad[oa]s?|querid[oa])(?:[ ,]+[\w.'’() -]{1,50})?\s*[,!.:]?",
    r"(?:olá|oi|bom dia|boa tarde|prezad[oa]s?|car[oa])(?:[ ,]+[\w.'’() -]{1,50})?\s*[,!.:]?",
    r"(?:ciao|buongiorno|buonasera|salve|gentile|egregio)(?:[ ,]+[\w.'’ -]{1,50})?\s*[,!.:]?",
    r"(?:здравствуйте|добрый день|привет|уважаем\w{2,3})(?:[ ,]+[\w. -]{1,50})?\s*[,!.:]?",
    r"(?:尊敬的|亲爱的|親愛的)[\w \u00b7]{0,20}[,，:：!！]?(?:您好|你好)?[,，:：!！。]?",
    r"(?:您好|你好|大家好|各位好|早上好|下午好)[\w]{0,10}[,，:：!！。~]?",
    r"[\w]{1,10}(?:先生|女士|小姐|老师|经理|工)?[,，]?(?:您好|你好)[,，:：!！。~]?",
    r"[\w ]{0,20}(?:様|さん|御中)[、,]?",
    r"(?:お世話になっております|お世話になります|いつもお世話になっております|こんにちは)[。、,!]?",
    r"안녕하세요[\w ]{0,15}[,.!]?",
)

DISCLAIMERS = (
    "this e-mail and any", "this email and any", "this message and any", "this e-mail is confidential",
    "this email is confidential", "this message is intended", "this email is intended", "this e-mail is intended",
    "the information contained in this", "confidentiality notice", "disclaimer:", "caution: this email originated",
    "diese e-mail enthält", "diese nachricht enthält", "diese e-mail ist", "vertraulichkeitshinweis",
    "ce message et toutes", "ce courriel", "ce message est confidentiel", "este mensaje y sus", "este correo",
    "aviso legal", "esta mensagem",
    "questo messaggio", "le informazioni contenute", "本邮件及其附件", "本邮件（包括", "本电子邮件", "本郵件", "此邮件",
    "本メールは", "このメールは", "本メールに", "이 메일은", "это сообщение и любые",
)  # fmt: skip
