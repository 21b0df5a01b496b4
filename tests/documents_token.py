"""A hardware token for the tests: SoftHSM (Debian's softhsm2), in a folder of its own."""

import subprocess
from pathlib import Path

import pytest

from documents.outside.token import TokenVault

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL, PIN = "yuntiao", "314159"


def soft_token(folder: Path, patch: pytest.MonkeyPatch) -> TokenVault:
    """A fresh token; the module reads where its tokens lie each time it is initialized."""
    tokens = folder / "tokens"
    tokens.mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm.conf"))
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "271828"]
    subprocess.run(command, check=True, capture_output=True)
    return TokenVault(MODULE, LABEL, PIN)
