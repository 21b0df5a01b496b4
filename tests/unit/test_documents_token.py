"""Keys of seals in a hardware token, here SoftHSM: made there, used there, and what they sign is genuine."""

from pathlib import Path

import pytest
from documents_play import Clock, new_ceremony
from documents_token import LABEL, MODULE, PIN, soft_token

from documents import examples
from documents.authority import Authority
from documents.keys import holds
from documents.outside.token import TokenFault, TokenVault
from documents.signing import SignatureRefused
from documents.validation import Verdict, verify


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> TokenVault:
    with pytest.MonkeyPatch.context() as patch:
        return soft_token(tmp_path_factory.mktemp("token"), patch)


def test_a_token_makes_finds_and_uses_its_keys(vault: TokenVault) -> None:
    assert vault.find("seal-1") is None
    made = vault.make("seal-1")
    assert vault.find("seal-1") == made
    assert holds(made.public_key, b"content", made.sign(b"content"))
    assert not holds(made.public_key, b"other", made.sign(b"content"))
    again = vault.make("seal-1")
    assert again.spki != made.spki
    assert vault.find("seal-1") == again


def test_a_wrong_pin_label_or_module_is_told_at_the_start(vault: TokenVault) -> None:
    with pytest.raises(TokenFault, match="refuses"):
        TokenVault(MODULE, LABEL, "000000")
    with pytest.raises(TokenFault, match="refuses"):
        TokenVault(MODULE, "another", PIN)
    with pytest.raises(TokenFault, match="cannot be loaded"):
        TokenVault(Path(__file__), LABEL, PIN)
    with pytest.raises(TokenFault, match="holds 0 keys"):
        vault.sign("nobody", b"content")


def test_an_agreement_certified_and_sealed_from_a_token_is_genuine(vault: TokenVault, tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    ceremony.authority = Authority.open(tmp_path / "authority", "example", vault)
    pdf = ceremony.agreement(examples.agreement())
    clock.pass_(minutes=5)
    assert verify(pdf, [ceremony.authority.root_pem], now=clock.now()).verdict is Verdict.VALID
    assert not list((tmp_path / "authority").glob("organisation-*.key")), "no key of a seal lies in a file"
    first = ceremony.authority.issue_organisation_key("某委员会", clock.now())
    assert ceremony.authority.issue_organisation_key("某委员会", clock.now()) == first


def test_a_revoked_seal_is_replaced_and_an_expired_one_does_not_sign(tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    authority = ceremony.authority
    first = authority.issue_organisation_key("某委员会", clock.now())
    authority.revoke(first.certificate_pem, clock.now())
    authority.revoke(first.certificate_pem, clock.now())
    assert len(authority._revoked()) == 1
    assert authority.issue_organisation_key("某委员会", clock.now()).certificate_pem != first.certificate_pem
    pdf, key = ceremony.frozen(examples.agreement()), ceremony.person("张桂兰")
    clock.pass_(days=2)
    with pytest.raises(SignatureRefused) as caught:
        ceremony.prepared(pdf, "party-1", key)
    assert caught.value.code == "certificate_expired"
