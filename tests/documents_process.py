"""One request of a signing, as a worker of its own: all that it knows lies in a folder, and it forgets everything.

    python documents_process.py FOLDER MOMENT take PLACE NAME    certificate.pem of the place → prepared-PLACE.json
    python documents_process.py FOLDER MOMENT embed PLACE NAME   value-PLACE, signed elsewhere → the next file
    python documents_process.py FOLDER MOMENT finish NAME        seal and archive

It prints the phase that it leaves, or the code of the refusal. The folder holds phase.json, file.pdf and the authority.
"""

import datetime as dt
import fcntl
import sys
import warnings
from pathlib import Path

from documents.authority import Authority
from documents.fonts import FontStack
from documents.marks import Appearance
from documents.phases import AnyPhase, Complete, Gathering, from_json, to_json
from documents.signing import Prepared, SignatureRefused
from documents.timestamp import LocalTimestamper


class Worker:
    """What one request reads from the folder and writes back."""

    def __init__(self, folder: Path, now: dt.datetime) -> None:
        warnings.simplefilter("ignore")  # the authority is one for development
        self.folder, self.now, self.fonts = folder, now, FontStack.default()
        self.authority = Authority.open(folder / "authority", "example")
        self.timestamper = LocalTimestamper(self.authority, lambda: now)

    def phase(self) -> AnyPhase:
        return from_json((self.folder / "phase.json").read_text())

    def gathering(self) -> Gathering:
        phase = self.phase()
        assert isinstance(phase, Gathering)
        return phase

    def keep(self, phase: AnyPhase, pdf: bytes | None = None) -> str:
        if pdf is not None:
            (self.folder / "file.pdf").write_bytes(pdf)
        (self.folder / "phase.json").write_text(to_json(phase))
        return type(phase).__name__

    def pdf(self) -> bytes:
        return (self.folder / "file.pdf").read_bytes()

    def look(self, name: str, kind: str) -> Appearance:
        return Appearance(name, "2026年3月2日", "00" * 32, kind, None, self.fonts)

    def take(self, place: str, name: str) -> str:
        leased = self.gathering().take(place, name, self.now)
        kept = self.keep(leased)
        certificate = (self.folder / f"{place}.pem").read_text()
        prepared = leased.prepare(
            self.pdf(), (certificate, self.authority.chain_pems), self.look(name, "person"), self.now
        )
        (self.folder / f"prepared-{place}.json").write_text(prepared.to_json())
        return kept

    def embed(self, place: str, name: str) -> str:
        prepared = Prepared.from_json((self.folder / f"prepared-{place}.json").read_text())
        value = (self.folder / f"value-{place}").read_bytes()
        return self.keep(*self.gathering().embed(prepared, name, value, self.timestamper, self.now))

    def finish(self, name: str) -> str:
        phase = self.phase()
        assert isinstance(phase, Complete)
        key = self.authority.issue_organisation_key(name, self.now)
        sealed, pdf = phase.seal(self.pdf(), key, self.look(name, "seal"), self.timestamper, self.now)
        return self.keep(*sealed.archive(pdf, self.timestamper, self.authority.evidence(self.now)))


def main(folder: Path, moment: str, step: str, *arguments: str) -> None:
    """Answer one request; one at a time holds the folder, as a database's row is held."""
    worker = Worker(folder, dt.datetime.fromisoformat(moment))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            print(getattr(worker, step)(*arguments))
        except SignatureRefused as refused:
            print(refused.code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
