"""Offers of real browsers answered, the answers read by aiortc's parser as an independent witness."""

from math import inf
from pathlib import Path

import pytest
from aiortc import sdp as witness

from signaling import rtp, sdp
from signaling.negotiation import EXTENSIONS, KINDS, Answering, Pending
from signaling.offering import Offering
from signaling.slots import Slot

OFFERS = Path(__file__).resolve().parents[1] / "data/sdp"
TRANSPORT = sdp.Transport(
    "ufrag",
    "a password of some length",
    sdp.Fingerprint("sha-256", "AB:" * 31 + "CD"),
    (sdp.Candidate("192.0.2.1", 7882), sdp.Candidate("127.0.0.1", 7882)),
)
BROWSERS = ("chromium", "firefox", "python")


def offer(name: str) -> sdp.Description:
    return sdp.parse((OFFERS / f"{name}.sdp").read_text())


def sections(text: str) -> dict[str, witness.MediaDescription]:
    return {media.rtp.muxId: media for media in witness.SessionDescription.parse(text).media}


def sections_text(text: str, mid: str) -> str:
    return next(part for part in text.split("\r\nm=") if f"a=mid:{mid}\r\n" in part)


def sending(description: sdp.Description) -> dict[str, sdp.Section]:
    return {each.kind: each for each in description.sections if each.sends and each.kind != "application"}


def announced(state: Answering, **codecs: str) -> None:
    state.pending += [Pending("TR_A", "audio", ("a",)), Pending("TR_V", "video", ("v",), codecs.get("video", ""))]


def a_slot(kind: str = "video", sid: str = "TR_X", codec: str = "") -> Slot:
    return Slot(sid, "PA_other", kind, codec or ("VP8" if kind == "video" else "opus"), hash(sid) & 0xFFFFFFFF or 1)


@pytest.mark.parametrize("browser", BROWSERS)
def test_what_a_client_sends_is_received(browser: str) -> None:
    state, given = Answering(1), offer(browser)
    announced(state)
    answer = state.answer(given, TRANSPORT)
    assert sorted(each.sid for each in answer.published) == ["TR_A", "TR_V"]
    assert answer.channels
    seen = sections(answer.text)
    for kind, section in sending(given).items():
        media = seen[section.mid]
        assert (media.kind, media.direction, media.port) == (kind, "recvonly", 9)
        assert media.dtls.role == "server"
        assert media.ice.iceLite
        assert next(codec.name for codec in media.rtp.codecs) == ("opus" if kind == "audio" else "VP8")
    published = {each.sid: each for each in answer.published}
    video = sending(given)["video"]
    assert published["TR_V"].rids == tuple(video.rids)
    if video.rids:
        assert "a=simulcast:recv " + ";".join(video.rids) in answer.text
        assert published["TR_V"].ssrc is None
    assert published["TR_A"].ssrc == sending(given)["audio"].ssrcs[0]


@pytest.mark.parametrize("browser", BROWSERS)
def test_every_section_is_answered_in_order_and_bundled(browser: str) -> None:
    given = offer(browser)
    answer = Answering(1).answer(given, TRANSPORT).text
    assert list(sections(answer)) == [each.mid for each in given.sections]
    bundle = next(line for line in answer.split("\r\n") if line.startswith("a=group:BUNDLE"))
    assert bundle.split()[1:] == [each.mid for each in given.sections if not each.rejected]


@pytest.mark.parametrize("browser", BROWSERS)
def test_every_answered_section_has_all_the_extensions_that_were_offered_for_it(browser: str) -> None:
    given = offer(browser)
    seen = sections(Answering(1).answer(given, TRANSPORT).text)
    for section in given.sections:
        if section.kind in KINDS and not section.rejected:
            wanted = {*EXTENSIONS, rtp.AUDIO_LEVEL} if section.kind == "audio" else {*EXTENSIONS}
            found = {extension.uri for extension in seen[section.mid].rtp.headerExtensions}
            assert found == wanted & set(section.extensions)
            assert rtp.MID in found


def recvonly(description: sdp.Description, kind: str) -> list[sdp.Section]:
    return [each for each in description.sections if each.kind == kind and each.direction == "recvonly"]


def test_a_subscribed_track_gets_a_free_section_with_the_clients_payload_type() -> None:
    for browser in ("chromium", "python"):
        state, given = Answering(1), offer(browser)
        slot = a_slot()
        state.slots.all.append(slot)
        answer = state.answer(given, TRANSPORT)
        section = recvonly(given, "video")[0]
        assert (slot.mid, slot.payload_type) == (section.mid, section.payload_type("VP8"))
        assert answer.mids == {section.mid: "TR_X"}
        assert slot.mid_extension == rtp.mid_extension(section.extensions[rtp.MID], section.mid) != b""
        media = sections(answer.text)[section.mid]
        assert media.direction == "sendonly"
        assert media.msid == "PA_other|TR_X TR_X"
        assert media.ssrc[0].ssrc == slot.ssrc
        assert state.missing() is None


def test_what_has_no_section_is_asked_for_once() -> None:
    state, given = Answering(1), offer("chromium")
    free = len(recvonly(given, "video"))
    state.slots.all += [a_slot(sid=f"TR_{number}") for number in range(free + 2)]
    state.answer(given, TRANSPORT)
    assert state.missing() == {"audio": 0, "video": 2}
    assert state.missing() is None
    state.forget_requests()
    assert state.missing() == {"audio": 0, "video": 2}


def test_a_section_rests_for_one_round_before_it_carries_another_track() -> None:
    state, given = Answering(1), offer("chromium")
    for section in given.sections:  # one free video section only
        if section.kind == "video" and section.direction == "recvonly" and section is not recvonly(given, "video")[0]:
            section.direction = "inactive"
    (only,) = recvonly(given, "video")
    first, second = a_slot(sid="TR_1"), a_slot(sid="TR_2")
    state.slots.all.append(first)
    state.answer(given, TRANSPORT)
    assert first.mid == only.mid
    state.slots.all[:] = [second]
    assert sections(state.answer(given, TRANSPORT).text)[only.mid].direction == "inactive"
    assert second.mid == ""
    assert state.missing() == {"audio": 0, "video": 0}  # please offer again
    assert sections(state.answer(given, TRANSPORT).text)[only.mid].direction == "sendonly"
    assert second.mid == only.mid
    assert state.missing() is None


def test_a_track_the_client_cannot_decode_is_refused_and_not_asked_for_again() -> None:
    state, given = Answering(1), offer("python")
    slot = a_slot(codec="AV2")
    state.slots.all.append(slot)
    state.answer(given, TRANSPORT)
    assert slot.refused
    assert state.missing() is None


def test_a_track_no_longer_sent_is_told() -> None:
    state, given = Answering(1), offer("chromium")
    announced(state)
    state.answer(given, TRANSPORT)
    sending(given)["video"].direction = "inactive"
    answer = state.answer(given, TRANSPORT)
    assert answer.unpublished == ["TR_V"]
    assert answer.published == []
    del given.sections[[each.kind for each in given.sections].index("audio") :]
    assert state.answer(given, TRANSPORT).unpublished == ["TR_A"]


def both_ways(given: sdp.Description) -> dict[str, sdp.Section]:
    """Let an offer be as pion's, which puts what it publishes into the sections it receives by."""
    both = sending(given)
    for section in given.sections:
        section.direction = "sendrecv" if section in both.values() else "inactive"
    return both


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("announced_as", ["VP9", "AV1", "VP8", "H264"])
def test_codecs_that_are_not_forwarded_are_declined_whatever_was_announced(browser: str, announced_as: str) -> None:
    state, given = Answering(1), offer(browser)
    assert any("VP9" in codec for each in given.sections for codec in each.codecs.values())  # else this shows nothing
    announced(state, video=announced_as)
    answer = state.answer(given, TRANSPORT)
    named = {codec.name for media in sections(answer.text).values() for codec in media.rtp.codecs}
    assert named <= {"opus", "red", "VP8", "H264", "rtx"}
    assert {each.codec for each in answer.published} <= {"opus", "VP8", "H264"}
    assert len(answer.published) == 2


def test_a_section_may_carry_a_track_of_the_clients_and_one_for_it() -> None:
    state, given = Answering(1), offer("chromium")
    announced(state, audio="opus", video="VP8")
    both = both_ways(given)
    slots = {kind: a_slot(kind, f"TR_{kind}", codec) for kind, codec in (("audio", "opus"), ("video", "H264"))}
    state.slots.all += slots.values()
    answer = state.answer(given, TRANSPORT)
    assert sorted(each.sid for each in answer.published) == ["TR_A", "TR_V"]
    assert answer.mids == {section.mid: f"TR_{kind}" for kind, section in both.items()}
    seen = sections(answer.text)
    for kind, section in both.items():
        assert seen[section.mid].direction == "sendrecv"
        assert slots[kind].ssrc in {each.ssrc for each in seen[section.mid].ssrc}
        assert seen[section.mid].msid == f"PA_other|TR_{kind} TR_{kind}"
    codecs = [each.name for each in seen[both["video"].mid].rtp.codecs if each.name != "rtx"]
    assert codecs == ["VP8", "H264"]  # who sends takes the first
    again = state.answer(given, TRANSPORT)
    assert (again.published, again.unpublished, again.mids) == ([], [], answer.mids)


def test_each_of_the_two_in_a_section_may_end_without_the_other() -> None:
    state, given = Answering(1), offer("chromium")
    announced(state)
    section = both_ways(given)["video"]
    slot = a_slot()
    state.slots.all.append(slot)
    state.answer(given, TRANSPORT)
    section.direction = "recvonly"
    answer = state.answer(given, TRANSPORT)
    assert (answer.unpublished, answer.mids) == (["TR_V"], {section.mid: "TR_X"})
    assert sections(answer.text)[section.mid].direction == "sendonly"
    state.slots.all.clear()
    state.pending.append(Pending("TR_W", "video", ("w",)))
    section.direction = "sendrecv"
    answer = state.answer(given, TRANSPORT)
    assert ([each.sid for each in answer.published], answer.mids) == (["TR_W"], {})
    assert sections(answer.text)[section.mid].direction == "recvonly"


def test_redundancy_is_for_both_directions_of_a_section_or_for_none() -> None:
    for published, red in ((True, True), (False, False)):
        state, given = Answering(1), offer("chromium")
        state.pending.append(Pending("TR_A", "audio", ("a",), red=published))
        section = both_ways(given)["audio"]
        slot = a_slot("audio")
        slot.red = True
        state.slots.all.append(slot)
        answer = state.answer(given, TRANSPORT)
        assert ("a=rtpmap:63 red" in sections_text(answer.text, section.mid)) is red
        assert (slot.red_type is not None) is red
        assert (answer.published[0].red_type is not None) is red


def test_the_announced_codec_is_chosen() -> None:
    state, given = Answering(1), offer("chromium")
    announced(state, video="H264")
    answer = state.answer(given, TRANSPORT)
    (video,) = (each for each in answer.published if each.sid == "TR_V")
    section = sending(given)["video"]
    expected = "H264" if section.payload_type("H264") is not None else "VP8"
    assert video.codec == expected
    assert video.payload_type == section.payload_type(expected)


def test_a_client_id_in_the_msid_finds_its_track_whatever_the_order() -> None:
    state, given = Answering(1), offer("chromium")
    section = sending(given)["video"]
    state.pending += [Pending("TR_wrong", "video", ("another",)), Pending("TR_right", "video", (section.track,))]
    answer = state.answer(given, TRANSPORT)
    assert [each.sid for each in answer.published] == ["TR_right"]


def test_a_withdrawn_track_is_answered_inactive() -> None:
    state, given = Answering(1), offer("chromium")
    announced(state)
    state.answer(given, TRANSPORT)
    state.withdraw("TR_V")
    answer = state.answer(given, TRANSPORT)
    assert sections(answer.text)[sending(given)["video"].mid].direction == "inactive"


def test_our_offer_is_read_by_another_program_and_one_is_outstanding_at_a_time() -> None:
    state = Offering(1)
    state.slots.all.append(a_slot("audio", "TR_A"))
    first = state.offer(TRANSPORT)
    assert first is not None
    assert list(sections(first.text)) == ["0", "1"]
    assert first.mids == {"1": "TR_A"}
    state.slots.all.append(a_slot("video", "TR_V"))
    assert state.offer(TRANSPORT) is None
    assert state.answered(sdp.parse(first.text))
    second = state.offer(TRANSPORT)
    assert second is not None
    assert second.identifier == first.identifier + 1
    assert second.mids == {"1": "TR_A", "2": "TR_V"}
    assert not state.answered(sdp.parse(second.text))
    with pytest.raises(ValueError):
        state.answered(sdp.parse(second.text))


def test_an_offered_section_rests_too() -> None:
    state = Offering(1)
    slot = a_slot("audio", "TR_1")
    state.slots.all.append(slot)
    first = state.offer(TRANSPORT)
    assert first is not None
    state.slots.all.remove(slot)
    state.remove(slot)  # while the offer that carries it is on its way
    state.answered(sdp.parse(first.text))
    state.slots.all.append(a_slot("audio", "TR_2"))
    second = state.offer(TRANSPORT)
    assert second is not None
    assert second.mids == {"2": "TR_2"}
    assert sections(second.text)["1"].direction == "inactive"
    state.answered(sdp.parse(second.text))
    state.slots.all.append(a_slot("audio", "TR_3"))
    third = state.offer(TRANSPORT)
    assert third is not None
    assert third.mids == {"1": "TR_3", "2": "TR_2"}


def test_what_we_offer_is_sent_once_the_client_has_answered() -> None:
    state, slot = Offering(1), a_slot()
    state.slots.all.append(slot)
    made = state.offer(TRANSPORT)
    assert made is not None and slot.mid and slot.begins_at == inf
    state.answered(sdp.parse(made.text))
    assert slot.begins_at == -inf


def test_what_the_answerer_rejects_is_refused() -> None:
    state = Offering(1)
    slot = a_slot()
    state.slots.all.append(slot)
    made = state.offer(TRANSPORT)
    assert made is not None
    state.answered(sdp.parse(made.text.replace("m=video 9", "m=video 0")))
    assert slot.refused
    assert slot.mid == ""


@pytest.mark.parametrize(
    "text",
    [
        "m=video", "m=video x UDP 96", "m=video 9 UDP 96", "m=video 9 UDP 96\na=mid:" + "x" * 17,
        "m=audio 9 U 1\na=mid:0\nm=audio 9 U 1\na=mid:0", "m=audio 9 U 1\na=mid:0\na=rtpmap:opus",
        "m=audio 9 U 1\na=mid:0\na=ssrc:99999999999 cname:x", "m=audio 99999 U 1\na=mid:0",
        "x" * 2_000_001, "m=audio 9 U 1\na=mid:0\n" * 300,
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        sdp.parse(text)


def test_bundle_only_is_no_rejection() -> None:
    (section,) = sdp.parse("m=audio 0 UDP/TLS/RTP/SAVPF 111\na=mid:0\na=bundle-only\n").sections
    assert not section.rejected


def test_what_gets_its_section_beside_others_of_its_kind_is_held_back_until_the_answer_was_read() -> None:
    state, given = Answering(1), offer("chromium")
    slots = {sid: a_slot(kind, sid) for sid, kind in (("TR_1", "video"), ("TR_2", "video"), ("TR_3", "audio"))}
    state.slots.all.append(slots["TR_1"])
    state.answer(given, TRANSPORT, begins_at=7.0)
    assert slots["TR_1"].mid and slots["TR_1"].begins_at == -inf  # there is nothing that it could be taken for
    state.slots.all += [slots["TR_2"], slots["TR_3"]]
    state.answer(given, TRANSPORT, begins_at=8.0)
    assert slots["TR_2"].mid and slots["TR_3"].mid
    assert [each.begins_at for each in slots.values()] == [-inf, 8.0, -inf]
    state.answer(given, TRANSPORT, begins_at=9.0)
    assert [each.begins_at for each in slots.values()] == [-inf, 8.0, -inf]
