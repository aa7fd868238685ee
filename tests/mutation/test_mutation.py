"""Mutation testing: which mutants are drawn, which survivors are explained, and the whole of it on a small room."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutation.__main__ import ROOMS, ROOT, Result, Survivor, report, sampled, share_killed
from scripts.mutation.equivalents import FILE, Equivalents, function_of

NAMES = {"geo": [f"geo{n}" for n in range(40)], "net": [f"net{n}" for n in range(60)]}
CHANGE = "-    return a < b\n+    return a <= b"


def test_the_same_seed_draws_the_same_mutants() -> None:
    assert sampled(NAMES, 30, 7) == sampled(NAMES, 30, 7)
    assert sampled(NAMES, 30, 7) != sampled(NAMES, 30, 8)


def test_a_sample_has_its_size_and_no_mutant_twice() -> None:
    drawn = sampled(NAMES, 30, 7)
    every = [name for names in drawn.values() for name in names]
    assert len(every) == len(set(every)) == 30
    assert all(set(drawn[room]) <= set(NAMES[room]) for room in NAMES)


def test_a_sample_larger_than_all_there_is_takes_all() -> None:
    assert {room: len(names) for room, names in sampled(NAMES, 1000, 1).items()} == {"geo": 40, "net": 60}


@pytest.mark.parametrize(
    ("mutant", "function"),
    [
        ("tvapp.geo.mercator.x_project__mutmut_12", "tvapp.geo.mercator.project"),
        ("tvapp.geo.mercator.x__half__mutmut_1", "tvapp.geo.mercator._half"),
        ("tvapp.remote.hold.xǁHoldǁ__init____mutmut_3", "tvapp.remote.hold.Hold.__init__"),
    ],
)
def test_a_mutant_says_which_function_it_changes(mutant: str, function: str) -> None:
    assert function_of(mutant) == function


def test_an_equivalent_mutant_is_known_by_function_and_change_whatever_its_number(tmp_path: Path) -> None:
    file = tmp_path / "equivalents.toml"
    file.write_text(f'[[mutant]]\nfunction = "m.less"\nchange = """\n{CHANGE}\n"""\nreason = "never equal"\n')
    known = Equivalents.load(file)
    assert known.reason("m.x_less__mutmut_4", CHANGE.replace("    ", "  ")) == "never equal"
    assert known.reason("m.x_less__mutmut_4", CHANGE.replace("<=", ">")) is None
    assert known.reason("m.x_more__mutmut_4", CHANGE) is None


def test_a_zip_that_no_longer_asserts_equal_lengths_is_equivalent() -> None:
    line = "    for a, b in zip(some, [*some, 1], strict=True):"
    known = Equivalents({})
    for lax in (line.replace("True", "False"), line.replace("True", "None"), line.replace("strict=True", "")):
        assert known.reason("m.x_pairs__mutmut_1", f"-{line}\n+{lax}") is not None
    for other in (line.replace("1", "2"), line.replace("True", "False").replace("a, b", "b, a"), line):
        assert known.reason("m.x_pairs__mutmut_1", f"-{line.replace('[*', '[ *')}\n+{other}!") is None
    assert known.reason("m.x_pairs__mutmut_1", f"-{line.replace('True', 'False')}\n+{line}") is None


def test_sql_in_lower_or_upper_case_is_equivalent() -> None:
    known = Equivalents({})
    line = '    self._db.execute("DELETE FROM tile WHERE account = ?", (digest,))'
    for other in (line.replace("DELETE FROM", "delete from"), line.replace("tile", "TILE")):
        assert known.reason("m.x_clear__mutmut_1", f"-{line}\n+{other}") is not None
    for other in (line.replace("tile", "tiles"), line.replace("digest", "None")):
        assert known.reason("m.x_clear__mutmut_1", f"-{line}\n+{other}") is None
    assert known.reason("m.x_clear__mutmut_1", '-    say("Tile")\n+    say("tile")') is None


def test_survivors_count_unless_they_are_explained() -> None:
    known = Equivalents({("m.less", "-returna<b\n+returna<=b"): "never equal"})
    survivors = [
        Survivor("m.x_less__mutmut_1", CHANGE),
        Survivor("m.x_more__mutmut_1", CHANGE),
        Survivor("m.x_most__mutmut_1", CHANGE, "m.py:3: error: Unsupported operand types"),
    ]
    rows = {"geo": Result(10, survivors, ["m.x_loop__mutmut_2"])}
    assert share_killed(rows, known) == pytest.approx(0.9)
    text = "\n".join(report(rows, known))
    assert "m.x_less__mutmut_1: equivalent: never equal" in text
    assert "m.x_more__mutmut_1: survived" in text
    assert "m.x_most__mutmut_1: refused by mypy: m.py:3: error: Unsupported operand types" in text
    assert "m.x_loop__mutmut_2: timed out" in text
    assert "  10 run,   1 timed out,   3 survived,   1 of them unexplained" in text


def test_every_room_has_code_and_tests() -> None:
    for room in ROOMS:
        assert list((ROOT / "tvapp" / room).glob("*.py")), room
        assert list((ROOT / "tests" / room).glob("test_*.py")), room


def test_the_known_equivalents_can_be_read_and_name_functions_that_exist() -> None:
    for function, change in Equivalents.load(FILE).reasons:
        assert change.startswith(("-", "+"))
        module = next(
            path for n in range(1, 4) if (path := ROOT.joinpath(*function.split(".")[:-n]).with_suffix(".py")).is_file()
        )
        assert f"def {function.rsplit('.', 1)[1]}(" in module.read_text()
