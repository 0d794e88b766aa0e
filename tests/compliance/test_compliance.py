"""docs/compliance.md cannot say what no test shows."""

import importlib.util
from types import ModuleType

import pytest

from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def compliance() -> ModuleType:
    path = ROOT / "scripts" / "compliance.py"
    spec = importlib.util.spec_from_file_location("compliance", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tests_say_now(compliance: ModuleType) -> None:
    written = compliance.PAGE.read_text(encoding="utf-8")
    assert written == compliance.page() + "\n", "make compliance writes it anew"


def test_every_section_of_the_rfcs_is_shown_by_a_test(compliance: ModuleType) -> None:
    shown = compliance.evidence()
    missing = [line for line in compliance.page().splitlines() if line.startswith("| RFC")]
    assert len(missing) >= 35
    assert not [line for line in missing if line.endswith("| no test |")]
    assert len([key for key in shown if key.startswith("F")]) >= 115


def test_a_key_that_nobody_knows_is_refused(
    compliance: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compliance, "evidence", lambda: {"RFC 9999 1": ["tests/x.py"]})
    with pytest.raises(SystemExit, match="RFC 9999 1"):
        compliance.page()
