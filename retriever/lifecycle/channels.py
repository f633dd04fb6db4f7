"""The two ways out for reminders: a signed HTTP POST, and an e-mail."""

import hashlib
import hmac
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import orjson

from retriever.errors import Unavailable
from retriever.lifecycle.reminding import Reminder

SIGNATURE = "X-Similar-Cases-Signature"
TIMEOUT = 10.0
TLS_PORT = 465
"""Speaks TLS from the start; other ports begin in the clear and switch with STARTTLS."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the list, and its signature, to an address that nobody chose."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401  urllib's own signature
        """Never follow."""
        return


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts a reminder as JSON with `t=<unix time>,v1=<hex HMAC-SHA256 of "time.body">` in its signature header."""

    url: str
    secret: str

    def __call__(self, reminder: Reminder) -> None:
        """Send it. Raises Unavailable when it was not taken with a 2xx."""
        post_signed(self.url, self.secret, {"event": "reviews.due", **_plain(reminder)}, what="reminder")


def post_signed(url: str, secret: str, content: dict[str, Any], *, what: str) -> None:
    """Post JSON, signed where there is a secret. Raises Unavailable when it was not taken with a 2xx."""
    body = orjson.dumps(content)
    headers = {"Content-Type": "application/json"}
    if secret:
        headers[SIGNATURE] = signature(secret, body, int(time.time()))
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  checked by who names it
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT):
            pass
    except (OSError, ValueError) as error:
        status = type(error).__name__
        if isinstance(error, urllib.error.HTTPError):
            status = f"HTTP {error.code}"
            error.close()
        # Not the address: it may hold a token.
        raise Unavailable(f"the {what} webhook did not take the {what} ({status}); check it.") from error


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of the signature header; the receiver computes the same and refuses old times."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends a reminder as plain text through a mail server."""

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    user: str = ""
    password: str = ""
    tls: bool = True

    def __call__(self, reminder: Reminder) -> None:
        """Send it. Raises Unavailable when the server does not take it."""
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail_of(reminder, self.sender, self.recipients))
        except (OSError, smtplib.SMTPException) as error:
            # Neither server nor people: messages of mail servers repeat both.
            raise Unavailable(
                f"the mail server did not take the reminder ({type(error).__name__}); check it."
            ) from error

    def _connected(self) -> smtplib.SMTP:
        if self.port == TLS_PORT:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.tls:
                server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
        return server


def mail_of(reminder: Reminder, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The reminder as a message."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = f"similar-cases: {reminder.due_in_all} reviews due, {_waiting(reminder)} waiting"
    lines = [
        f"As of {reminder.day}:",
        f"- {reminder.due_in_all} published cases are due for their next review",
        f"- {reminder.waiting_for_first} wait for a first approval, {reminder.waiting_for_second} for a second one",
        "",
        *(f"{case.review_due_on[:10]}  {case.id}  {case.category}".rstrip() for case in reminder.due),
    ]
    if reminder.due_in_all > len(reminder.due):
        lines.append(f"… and {reminder.due_in_all - len(reminder.due)} more: similar-cases review due")
    message.set_content("\n".join(lines))
    return message


def _waiting(reminder: Reminder) -> int:
    return reminder.waiting_for_first + reminder.waiting_for_second


def _plain(reminder: Reminder) -> dict[str, object]:
    return {
        "day": reminder.day,
        "due": [
            {"id": case.id, "review_due_on": case.review_due_on, "category": case.category} for case in reminder.due
        ],
        "due_in_all": reminder.due_in_all,
        "waiting_for_first": reminder.waiting_for_first,
        "waiting_for_second": reminder.waiting_for_second,
    }
