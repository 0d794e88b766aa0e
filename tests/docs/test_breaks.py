"""The list of deliberate breaks in the tests' README is the one that is tried."""

import importlib.util
import sys
from types import ModuleType

from tests.docs.pages import ROOT, page


def mutants() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "scripts" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


def test_every_break_is_in_the_list() -> None:
    rows = [(row[0].strip("`"), row[1]) for row in page("tests/README.md").rows("Where")]
    assert rows == [(one.file, one.what) for one in mutants().MUTANTS]


def test_every_break_still_has_its_place() -> None:
    for one in mutants().MUTANTS:
        text = (ROOT / "src" / "headcount" / one.file).read_text(encoding="utf-8")
        assert text.count(one.was) == 1, one.what
