"""Does this machine itself ask? Without keys that is all that stands between the library and everybody else.

A server on loopback is reached by more than the people at its keyboard: by a proxy on the same machine, and by any page
that a browser here has open. Both leave marks on what they send, and one mark is enough to refuse. What leaves none
cannot be told apart; docs/security.md says what that is.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping

from starlette.types import Scope

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]{2,45})\]|(?P<name>[a-z0-9.-]{1,253}))(?::[0-9]{1,5})?")
# Names of the headers by which proxies, gateways, tunnels and their log-ins pass on who asked, `_` read as `-`.
_FORWARDED = re.compile(
    r"forward|(?:client|real|remote|peer|source|origin(?:al)?|originating|connecting|user)-?(?:ip|addr|host|port)"
    r"|^via$|^x-via|proxy|cdn|^x-original|^x-rewrite|^x-host$|^x-scheme$|^x-url-scheme$|^x-real|^x-remote|^remote-"
    r"|^(?:x-)?(?:ssl|tls)-|client-cert|^x-client-|^x-auth-request|^x-authenticated|^x-webauth|^front-end-https$"
    r"|^(?:cf|fly|fastly|akamai|incap|ngrok|tailscale|cloudfront|eagleeye|ali|wl|x-goog|x-serverless)-"
    r"|^x-(?:amz|amzn|ms|azure|arr|fd|appengine|cloud-trace|envoy|varnish|akamai|vercel|nf|ali|tencent|bluecoat|squid"
    r"|cache|edge|served|request-start|queue-start|traefik|haproxy|nginx|istio|kong)\b"
)
_OWN_FETCHES = frozenset(("same-origin", "none"))
_NAME_SHOWN = 40


def is_loopback(host: str) -> bool:
    """Does this address or name mean this machine alone?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def why_not_local(scope: Scope) -> str:
    """Why a request was not made by a program on this machine for itself; empty when nothing speaks against it."""
    headers: dict[str, list[str]] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").replace("_", "-")
        headers.setdefault(name, []).append(value.decode("latin-1").strip().lower())
    if scope.get("http_version") == "1.0":
        return "it speaks HTTP/1.0, as proxies do"
    host = headers.get("host", [])
    if len(host) != 1 or not _is_local_name(host[0]):
        return "it must name one host, localhost or 127.0.0.1 or [::1]"
    passed_on = next((name for name in headers if _FORWARDED.search(name)), None)
    if passed_on is not None:
        return f"it came through a proxy (header {passed_on[:_NAME_SHOWN]})"
    return _why_foreign_page(headers, f"http://{host[0]}")


def _why_foreign_page(headers: Mapping[str, list[str]], own: str) -> str:
    """Was it a page of somebody else's, in a browser here, that asked?"""
    checks: Iterable[tuple[str, Callable[[str], bool]]] = (
        ("origin", lambda value: value == own),
        ("sec-fetch-site", _OWN_FETCHES.__contains__),
        ("referer", lambda value: value == own or value.startswith(own + "/")),
    )
    for name, is_own in checks:
        if not all(is_own(value) for value in headers.get(name, [])):
            return f"a web page of another address asked (header {name})"
    return ""


def _is_local_name(host: str) -> bool:
    """Is a Host header, with or without port, a name of this machine and nothing more?"""
    found = _HOST.fullmatch(host)
    return found is not None and is_loopback(found["v6"] or found["name"])
