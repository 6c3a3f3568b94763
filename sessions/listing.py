"""One line a session: what there is, newest first."""

from __future__ import annotations

from typing_extensions import TypedDict

from sessions.ledger import Ledger


class SessionRow(TypedDict):
    """One session in a list."""

    session: str
    candidate: str
    format: str
    lang: str
    started_at: str
    status: str
    """open, complete or interrupted."""
    turns: int


def session_rows(ledger: Ledger, candidate: str | None = None) -> list[SessionRow]:
    """Return all sessions, or one candidate's."""
    rows: dict[str, SessionRow] = {}
    kinds = ["session_started", "session_closed", "turn"]
    for event in ledger.events(candidate=candidate, kinds=kinds):
        session, body = event["session"], event["body"]
        if event["kind"] == "session_started":
            rows[session] = SessionRow(
                session=session,
                candidate=event["candidate"],
                format=body.get("format", ""),
                lang=body.get("lang", ""),
                started_at=event["at"],
                status="open",
                turns=0,
            )
        elif session in rows and event["kind"] == "turn":
            rows[session]["turns"] += 1
        elif session in rows:
            rows[session]["status"] = body.get("reason", "complete")
    return sorted(rows.values(), key=lambda row: row["started_at"], reverse=True)
