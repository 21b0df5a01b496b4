"""A signing in many processes: two people at the same moment, everything kept between requests, one file at the end."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from documents_play import Clock, new_ceremony

from documents import examples
from documents.apart import REPOSITORY
from documents.ceremony import Ceremony
from documents.keys import SigningKey
from documents.phases import begun, to_json
from documents.signing import Prepared
from documents.validation import Verdict, verify

WORKER = REPOSITORY / "tests" / "documents_process.py"
PEOPLE = {"party-1": "张桂兰", "party-2": "刘志强", "mediator": "王敏"}


class Desk:
    """The folder that workers share, and the people's keys, which never lie in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.ceremony: Ceremony = new_ceremony(folder, self.clock)
        self.keys: dict[str, SigningKey] = {place: self.ceremony.person(name) for place, name in PEOPLE.items()}
        pdf = self.ceremony.frozen(examples.agreement())
        (folder / "file.pdf").write_bytes(pdf)
        (folder / "phase.json").write_text(to_json(begun(pdf)))
        for place, key in self.keys.items():
            (folder / f"{place}.pem").write_text(key.certificate_pem)

    def begin(self, *request: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(WORKER), str(self.folder), self.clock.now().isoformat(), *request]
        known = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=known)

    def ask(self, *requests: tuple[str, ...]) -> list[str]:
        """The answers of workers that begin together."""
        answers = [one.communicate() for one in [self.begin(*request) for request in requests]]
        return [told.strip() or errors for told, errors in answers]

    def sign(self, place: str) -> None:
        """What a person's browser does: the key signs what was prepared, and only the value comes back."""
        prepared = Prepared.from_json((self.folder / f"prepared-{place}.json").read_text())
        (self.folder / f"value-{place}").write_bytes(self.keys[place].sign(prepared.signed_attributes))


def test_two_who_sign_at_the_same_moment_both_sign_and_every_step_is_another_process(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    parties = ["party-1", "party-2"]
    answers = desk.ask(*(("take", place, PEOPLE[place]) for place in parties))
    assert sorted(answers) == ["Gathering", "busy"]
    first, second = parties[answers.index("Gathering")], parties[answers.index("busy")]
    assert not (tmp_path / f"prepared-{second}.json").exists()
    desk.sign(first)
    assert desk.ask(("embed", first, PEOPLE[first])) == ["Gathering"]
    assert desk.ask(("take", second, PEOPLE[second])) == ["Gathering"], "the turn of who waited comes at once"
    desk.sign(second)
    assert desk.ask(("embed", second, PEOPLE[second]), ("embed", first, PEOPLE[first])) == ["Gathering", "stale"]
    assert desk.ask(("take", "mediator", PEOPLE["mediator"])) == ["Gathering"]
    desk.sign("mediator")
    assert desk.ask(("embed", "mediator", PEOPLE["mediator"])) == ["Complete"]
    assert desk.ask(("finish", examples.COMMITTEE)) == ["Archived"]
    now = desk.clock.now() + dt.timedelta(minutes=5)
    report = verify((tmp_path / "file.pdf").read_bytes(), [desk.ceremony.authority.root_pem], now=now)
    assert report.verdict is Verdict.VALID
    assert [one.field for one in report.signers] == ["platform", first, second, "mediator", "seal"]
