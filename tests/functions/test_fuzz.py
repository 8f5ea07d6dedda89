"""Schemathesis over the whole OpenAPI document: no request makes a server error, and every answer is one that the document tells.

FUZZ_CASES=400 FUZZ_SEED=7 pytest tests/functions/test_fuzz.py
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder

from shared.kit import log
from tests.support.inprocess import InProcess

CASES = int(os.environ.get("FUZZ_CASES") or 40)
"""For each operation, in the random phases; what the coverage phase tries is fixed."""
SEED = int(os.environ.get("FUZZ_SEED") or 20260101)
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
REFUSED = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
CHECKS = {
    "negative_data_rejection": {"expected-statuses": REFUSED},
    # Well-formed is not possible: a run that is not there, an id that is taken.
    "positive_data_acceptance": {"enabled": False},
    # Its probe cannot call a WSGI application in 4.32.5; test_access.py has the table of routes and credentials.
    "ignored_auth": {"enabled": False},
}


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Some thousand lines that nobody reads."""
    before = log._in_use[0]
    log.install(write=lambda _line: None)
    yield
    log._in_use[0] = before


@pytest.mark.parametrize("phases", [("coverage", "examples"), ("fuzzing",), ("stateful",)], ids="+".join)
def test_nothing_makes_a_server_error_or_an_answer_that_is_not_told(product: InProcess, phases: tuple[str, ...]) -> None:
    print(f"FUZZ_SEED={SEED} FUZZ_CASES={CASES}")
    cases: Counter[str] = Counter()
    complaints: list[str] = []
    for event in from_schema(_schema(product, phases)).execute():
        if isinstance(event, ScenarioFinished):
            cases[event.recorder.label] += len(event.recorder.interactions)
            complaints += _complaints(event.recorder)
        elif isinstance(event, NonFatalError):
            complaints.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, FatalError):
            raise event.exception
    assert not complaints, "\n\n".join(complaints[:5])
    assert cases.total() > 5 * CASES


def _schema(product: InProcess, phases: tuple[str, ...]) -> Any:
    config = {
        "seed": SEED,
        "headers": product.headers,
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "generation": {"database": "none", "max-examples": CASES, "no-shrink": True},
        "checks": CHECKS,
        "phases": {name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")},
    }
    return schemathesis.openapi.from_wsgi("/openapi.json", product.app, config=SchemathesisConfig.from_dict(config))


def _complaints(recorder: ScenarioRecorder) -> Iterator[str]:
    """Failed checks, with what was sent and answered."""
    for case, checks in recorder.checks.items():
        request, response = recorder.interactions[case].request, recorder.interactions[case].response
        form = str(request.headers.get("Content-Type", [""])[0]).startswith(FORMS)
        for check in checks:
            if check.failure_info is None or (form and check.name == "negative_data_rejection"):
                continue  # In a form, 0 is a way to spell false, and so on.
            answered = response and (response.status_code, response.content[:300])
            sent = f"{request.method} {request.uri[:300]} {(request.body or b'')[:300]!r}"
            yield f"{recorder.label}: {check.name}: {check.failure_info.failure.message[:500]}\n  {sent}\n  {answered}"
