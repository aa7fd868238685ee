"""Makes the tree of libraries of the Debian package, `/usr/lib/tvapp`: downloads wheels, unpacks and prunes them.

Three steps, because a Debian build must not use the network: `fetch` downloads the wheels for a Python and an
architecture, `unpack` makes the tree from them, `compile` adds byte code. The first two compare each wheel with its
hashes in `scripts/requirements/kiosk.txt`. The architecture need not be that of this machine. `unpack` and `compile`
have to run on the Python that the tree is for.

    python3 scripts/kiosk/private_tree.py fetch 3.11 arm64 WHEELS
    python3 scripts/kiosk/private_tree.py unpack arm64 WHEELS TREE
    python3 scripts/kiosk/private_tree.py compile TREE /usr/lib/tvapp
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import py_compile
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PINS = Path(__file__).parents[1] / "requirements" / "kiosk.txt"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names of the architectures, and those of the wheels."""
OLDEST_GLIBC, NEWEST_GLIBC = 5, 28
"""Debian 12 has glibc 2.36, but wheels for 2.34 are compiled for newer processors than old mini PCs have."""

PRUNED = (
    # Tests, examples, documentation and what only compilers and type checkers read.
    "*/tests/*",
    "*/test/*",
    "*.pyi",
    "*.pxd",
    "*.pyx",
    "*.pxi",
    "*.h",
    "*.c",
    "*.a",
    "*/py.typed",
    "*.dist-info/RECORD",
    "*.dist-info/WHEEL",
    "*.dist-info/top_level.txt",
    "*.dist-info/entry_points.txt",
    "*.dist-info/sboms/*",
    "numpy/f2py/*",
    "numpy/distutils/*",
    "numpy/_pyinstaller/*",
    "numpy/_core/_*_tests.*",
    "numpy/_core/_simd.*",
    "numpy/_core/include/*",
    "numpy/_core/lib/*",
    "numpy/conftest.py",
    "numpy/random/_examples/*",
    "numpy/random/lib/*",
    "urllib3/contrib/emscripten/*",
    "pygame/docs/*",
    "pygame/examples/*",
    "pygame/__pyinstaller/*",
    # Sound, MIDI and cameras: a TV map has none. pygame tells of a missing module only when it is used.
    "pygame/mixer.*",
    "pygame/mixer_music.*",
    "pygame/_sdl2/mixer.*",
    "pygame/pypm.*",
    "pygame/_camera.*",
    "pygame_ce.libs/libSDL2_mixer-*",
    "pygame_ce.libs/libfluidsynth-*",
    "pygame_ce.libs/libsndfile-*",
    "pygame_ce.libs/libasound-*",
    "pygame_ce.libs/libxmp-*",
    "pygame_ce.libs/libvorbis*",
    "pygame_ce.libs/libFLAC-*",
    "pygame_ce.libs/libogg-*",
    "pygame_ce.libs/libopus*",
    "pygame_ce.libs/libmpg123-*",
    "pygame_ce.libs/libwavpack-*",
    "pygame_ce.libs/libportmidi-*",
    # Parses C for cffi, which nothing here lets it do.
    "pycparser/*",
    # Picture formats that no tile has, colour management, and Tk.
    "PIL/_avif.*",
    "PIL/_imagingcms.*",
    "PIL/_imagingtk.*",
    "pillow.libs/libavif-*",
    "pillow.libs/liblcms2-*",
    "qrcode/console_scripts.py",
    # What reads metrics, or hands them to other frameworks; and the backend of an event loop that nothing here uses.
    "prometheus_client/aiohttp/*",
    "prometheus_client/bridge/*",
    "prometheus_client/django/*",
    "prometheus_client/twisted/*",
    "prometheus_client/parser.py",
    "prometheus_client/openmetrics/parser.py",
    "anyio/_backends/_trio.py",
    "anyio/pytest_plugin.py",
)
"""Files of wheels that the TV needs none of. `unpack` fails if a library that is left needs one of them."""

SYSTEM_LIBRARIES = frozenset(
    {
        "ld-linux-aarch64.so.1",
        "ld-linux-x86-64.so.2",
        "libc.so.6",
        "libdl.so.2",
        "libgcc_s.so.1",
        "libm.so.6",
        "libpthread.so.0",
        "librt.so.1",
        "libstdc++.so.6",
        "libz.so.1",
    }
)
"""What libraries of wheels may ask Debian for: libc6, libgcc-s1, libstdc++6 and zlib1g of `debian/control`."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the pins: a version, the environments that it is for, and the hashes of its files."""

    requirement: str
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.requirement.partition("==")[0]


def pins_for(text: str, python: str) -> list[Pin]:
    """Return the pins of a requirements file that count on Linux and the given Python ("3.11")."""
    pins = []
    for block in re.split(r"\n(?=[a-z])", text.strip()):
        head = block.split(" \\\n", 1)[0]
        requirement, _, marker = (part.strip() for part in head.partition(";"))
        if not marker or _counts(marker, python):
            pins.append(Pin(requirement, frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))))
    return pins


def _counts(marker: str, python: str) -> bool:
    """Evaluate a marker (PEP 508) for a Python that is not this one; pip would always take its own."""
    from pip._vendor.packaging.markers import Marker

    return Marker(marker).evaluate(
        {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
        }
    )


def fetch(python: str, architecture: str, wheels: Path) -> None:
    """Download the wheels for a Python and an architecture into a folder that holds no others."""
    wheels.mkdir(parents=True, exist_ok=True)
    chosen = wheels / "pins.txt"
    chosen.write_text(
        "".join(
            f"{pin.requirement}" + "".join(f" --hash=sha256:{each}" for each in sorted(pin.hashes)) + "\n"
            for pin in pins_for(PINS.read_text(encoding="utf-8"), python)
        ),
        encoding="utf-8",
    )
    machine, abi = MACHINES[architecture], f"cp{python.replace('.', '')}"
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
    platforms.append(f"--platform=manylinux2014_{machine}")
    target = ["--implementation=cp", f"--python-version={python}", f"--abi={abi}", "--abi=abi3", "--abi=none"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", *target, *platforms, "--dest", str(wheels)]
    subprocess.run([*command, "--requirement", str(chosen)], check=True)


def unpack(architecture: str, wheels: Path, tree: Path) -> None:
    """Make the tree from the wheels, prune it, check what its libraries need, and compile it."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = {_normal(pin.name): pin for pin in pins_for(PINS.read_text(encoding="utf-8"), python)}
    for wheel in sorted(wheels.glob("*.whl")):
        pin = wanted.pop(_normal(wheel.name.split("-")[0]), None)
        if pin is None:
            raise SystemExit(f"{wheel.name} is not pinned for Python {python}")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in pin.hashes:
            raise SystemExit(f"{wheel.name} is not the file that is pinned")
        _unpack_wheel(wheel, tree)
    if wanted:
        raise SystemExit(f"wheels are missing: {', '.join(sorted(wanted))}")
    _check_libraries(tree, MACHINES[architecture])


def compile_tree(tree: Path, installed_in: str) -> None:
    """Write the byte code of a tree that will lie in the folder `installed_in`.

    Unchecked: the interpreter reads no source file at a start. The files belong together, the package manager replaces
    both, and `/usr` may be read-only.
    """
    for source in sorted(tree.rglob("*.py")):
        py_compile.compile(
            str(source),
            dfile=f"{installed_in}/{source.relative_to(tree)}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unpack_wheel(wheel: Path, tree: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename)
            if path.is_absolute() or ".." in path.parts or path.parts[0].endswith(".data"):
                raise SystemExit(f"{wheel.name}: {member.filename} cannot be unpacked")
            if member.is_dir() or is_pruned(member.filename):
                continue
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)


def is_pruned(name: str) -> bool:
    """Tell whether a file of a wheel, by its path, is left out of the tree."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in PRUNED)


def _check_libraries(tree: Path, machine: str) -> None:
    """Make sure that each library finds what it needs, in the tree or in Debian, and is for the right machine."""
    names = {path.name for path in tree.rglob("*.so*")}
    for path in sorted(tree.rglob("*.so*")):
        header = subprocess.run(["readelf", "-hd", str(path)], check=True, capture_output=True, text=True).stdout
        if machine not in header.lower().replace("-", "_"):
            raise SystemExit(f"{path.relative_to(tree)} is not for {machine}")
        missing = set(_needed(header)) - names - SYSTEM_LIBRARIES
        if missing:
            raise SystemExit(f"{path.relative_to(tree)} needs {', '.join(sorted(missing))}, which the tree has not")


def _needed(header: str) -> Iterator[str]:
    for found in re.finditer(r"\(NEEDED\).*\[(.+)\]", header):
        yield found[1]


def main() -> None:
    """Carry out one step."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    steps = parser.add_subparsers(dest="step", required=True)
    step = steps.add_parser("fetch")
    step.add_argument("python")
    step.add_argument("architecture", choices=MACHINES)
    step.add_argument("wheels", type=Path)
    step = steps.add_parser("unpack")
    step.add_argument("architecture", choices=MACHINES)
    step.add_argument("wheels", type=Path)
    step.add_argument("tree", type=Path)
    step = steps.add_parser("compile")
    step.add_argument("tree", type=Path)
    step.add_argument("installed_in")
    options = parser.parse_args()
    if options.step == "fetch":
        fetch(options.python, options.architecture, options.wheels)
    elif options.step == "unpack":
        unpack(options.architecture, options.wheels, options.tree)
    else:
        compile_tree(options.tree, options.installed_in)


if __name__ == "__main__":
    main()
