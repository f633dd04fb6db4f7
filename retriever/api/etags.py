"""Versions in HTTP headers (RFC 9110): what a caller holds already, and which version a change is meant for.

A tag is the version of a case, `3`, or of a pending revision of it, `r2`.
"""

import re
from dataclasses import dataclass

from starlette.requests import Request

from retriever.api.problems import Problem, ProblemError
from retriever.domain import Actor
from retriever.errors import VersionMismatch
from retriever.lifecycle import CaseState
from retriever.wiring.service import Service

_TAG = re.compile(r'"(r?[0-9]{1,18})"')
_MISSING = 'Send If-Match with the ETag of the version you change, for example "3".'


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The versions that a change is meant for; None stands for `*`, any."""

    tags: frozenset[str] | None

    def check(self, tag: str, what: str) -> None:
        """Raises VersionMismatch when `what` has another version now."""
        if self.tags is not None and tag not in self.tags:
            raise VersionMismatch(f"{what} has version {tag} now; read it again and repeat the change.")


def if_match(request: Request) -> IfMatch:
    """What If-Match says. Refused with 428 when it is missing; weak tags match nothing."""
    header = request.headers.get("if-match")
    if header is None:
        raise ProblemError(Problem(428, "version_required", _MISSING))
    if header.strip() == "*":
        return IfMatch(None)
    return IfMatch(frozenset(found[1] for part in header.split(",") if (found := _TAG.fullmatch(part.strip()))))


def creates_only(request: Request) -> bool:
    """Does `If-None-Match: *` say that there must be no such case yet?"""
    return request.headers.get("if-none-match", "").strip() == "*"


def is_held(request: Request, version: int) -> bool:
    """Does If-None-Match say that the caller holds this version already?"""
    header = request.headers.get("if-none-match", "")
    return any(part.strip().removeprefix("W/") in (f'"{version}"', "*") for part in header.split(","))


def etag_headers(tag: int | str) -> dict[str, str]:
    """The headers of an answer that shows this version."""
    return {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}


def current_version(service: Service, actor: Actor, case_id: str, wanted: IfMatch) -> int:
    """The version of the case, when it is one of those wanted; the store looks again under its lock.

    Raises CaseNotFound, VersionMismatch.
    """
    version = service.get_case(case_id, actor=actor).version
    wanted.check(str(version), f"case {case_id}")
    return version


def current_tag(service: Service, actor: Actor, case_id: str, wanted: IfMatch) -> str | None:
    """The tag of what is under review, when it is one of those wanted, None for any; the step looks again.

    Raises CaseNotFound, VersionMismatch.
    """
    if wanted.tags is None:
        return None
    tag = tag_of(service.lifecycle.reviewing.find(case_id, actor))
    wanted.check(tag, f"what is reviewed of case {case_id}")
    return tag


def tag_of(state: CaseState) -> str:
    """The tag of what is under review of a case, else that of the case."""
    return state.review.tag if state.review else str(state.stored.version)
