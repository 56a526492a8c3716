"""Overrides in both stores: added, read back in order, never changed or deleted; and the command that adds one."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from permits.model import ParcelKey, ReasonCode, Verdict
from permits.override_store import add_override, overrides_of
from permits.overrides import Override
from spatial.db import Database
from spatial.errors import ConflictError

GIVEN = Override(
    parcel_key=ParcelKey("26797-10-16"),
    finding="max_floors",
    rule="row_house.floors",
    old_verdict=Verdict.NEEDS_REVIEW,
    old_reason=ReasonCode.MISSING_INPUT,
    new_verdict=Verdict.COMPLIES,
    reason="Đã đo tại hiện trường ngày 20/11.",
    decided_by="lan",
    decided_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    as_of=date(2026, 11, 21),
    proposal_sha256="0" * 64,
    state="{}",
)


def test_both_stores_keep_every_decision_and_refuse_to_change_or_delete_one(database: Database) -> None:
    with database.transaction() as session:
        add_override(session, GIVEN)
    for act in ("UPDATE permit_override SET reason = 'x'", "DELETE FROM permit_override"):
        with pytest.raises((ConflictError, DatabaseError)), database.transaction() as session:
            session.execute(sa.text(act))
    with database.transaction() as session:
        assert overrides_of(session, GIVEN.parcel_key) == (GIVEN,)
        assert overrides_of(session, ParcelKey("26797-10-17")) == ()


def test_the_command_refuses_whoever_cannot_sign_in(tmp_path: Path, typed: Callable[..., Any]) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"floors": 3}), encoding="utf-8")
    asked = ("--parcel", "26797-10-16", "--proposal", path, "--finding", "max_floors", "--verdict", "COMPLIES")
    refused = typed("permits", "override", *asked, "--reason", "A reason long enough.", "--user", "nobody")
    assert refused.exit_code != 0
    assert "Traceback" not in refused.stderr
