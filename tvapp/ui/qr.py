"""QR codes as rows of modules."""

from __future__ import annotations

from functools import lru_cache

Modules = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=8)
def qr_modules(text: str) -> Modules:
    """Return the modules of a QR code for `text`, True is dark, without a quiet zone.

    Error correction is Q where that costs no more modules than M, else M (product rule: M or better).
    """
    # Imported late: only sign-in needs it, and the first frame must not wait for it.
    from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

    best = _matrix(text, ERROR_CORRECT_M)
    stronger = _matrix(text, ERROR_CORRECT_Q)
    return stronger if len(stronger) == len(best) else best


def preload_qr() -> None:
    """Import the QR library. That takes 80 ms: call it on a worker."""
    qr_modules("https://")


def _matrix(text: str, level: int) -> Modules:
    from qrcode.main import QRCode

    code = QRCode(error_correction=level, border=0)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())
