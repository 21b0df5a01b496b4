"""Access tokens: made by livekit-api, read by us, and the other way round."""

import datetime as dt
import time
from dataclasses import replace

import jwt
import pytest
from livekit import api

from signaling import tokens
from signaling.config import Limits
from signaling.errors import NotAuthorized

SECRET = "a secret that is long enough to be one"
KEYS = {"key": SECRET}


def made(grants: api.VideoGrants, identity: str = "anna", key: str = "key", secret: str = SECRET) -> str:
    return api.AccessToken(key, secret).with_identity(identity).with_name("A").with_grants(grants).to_jwt()


def test_a_token_of_livekits_library_is_understood() -> None:
    grants = api.VideoGrants(
        room_join=True, room="room", can_publish=True, can_subscribe=False, can_publish_data=False, hidden=True,
        can_publish_sources=["microphone"], can_update_own_metadata=True,
    )  # fmt: skip
    claims = tokens.may_join(tokens.verify(made(grants), KEYS), Limits())
    assert (claims.key, claims.identity, claims.name, claims.grants.room) == ("key", "anna", "A", "room")
    assert (claims.grants.can_subscribe, claims.grants.can_publish_data, claims.grants.hidden) == (False, False, True)
    assert claims.grants.can_publish_sources == ("microphone",)
    assert claims.grants.can_update_own_metadata
    assert not claims.grants.room_admin


def test_what_a_token_does_not_say_about_publishing_is_allowed() -> None:
    body = {"iss": "key", "sub": "anna", "exp": time.time() + 60, "video": {"roomJoin": True, "room": "room"}}
    grants = tokens.verify(jwt.encode(body, SECRET, "HS256"), KEYS).grants
    assert grants.can_publish
    assert grants.can_subscribe
    assert grants.can_publish_data
    assert not grants.room_list


@pytest.mark.parametrize("wrong", ["yes", 1, [], {}])
def test_a_grant_of_a_wrong_type_grants_nothing(wrong: object) -> None:
    body = {"iss": "key", "sub": "a", "exp": time.time() + 60, "video": {"roomJoin": wrong, "canPublish": wrong}}
    grants = tokens.verify(jwt.encode(body, SECRET, "HS256"), KEYS).grants
    assert not grants.room_join
    assert not grants.can_publish


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        made(api.VideoGrants(room_join=True, room="r"), key="another"),
        made(api.VideoGrants(room_join=True, room="r"), secret="another secret, as long as the first one is"),
        jwt.encode({"iss": "key", "sub": "a", "exp": 1}, SECRET, "HS256"),
        jwt.encode({"iss": "key", "sub": "a"}, SECRET, "HS256"),
        "a.b.c",
        jwt.encode({"iss": "key", "exp": 1e10, "video": "all"}, SECRET, "HS256"),
    ],
)
def test_a_false_token_is_refused(token: str) -> None:
    with pytest.raises(NotAuthorized):
        tokens.verify(token, KEYS)


def test_a_token_without_signature_is_refused() -> None:
    body = {"iss": "key", "sub": "anna", "exp": time.time() + 60, "video": {"roomJoin": True, "room": "room"}}
    with pytest.raises(NotAuthorized):
        tokens.verify(jwt.encode(body, "", "none"), KEYS)


@pytest.mark.parametrize(
    ("grants", "identity"),
    [
        (api.VideoGrants(room="room"), "anna"),
        (api.VideoGrants(room_join=True, room="r" * 257), "anna"),
        (api.VideoGrants(room_join=True, room="room"), "a" * 257),
    ],
)
def test_who_may_not_join_is_refused(grants: api.VideoGrants, identity: str) -> None:
    with pytest.raises((NotAuthorized, ValueError)):
        tokens.may_join(tokens.verify(made(grants, identity), KEYS), Limits())


def test_a_token_for_no_room_or_nobody_lets_nobody_in() -> None:
    for body in ({"sub": "anna", "video": {"roomJoin": True}}, {"video": {"roomJoin": True, "room": "room"}}):
        token = jwt.encode({"iss": "key", "exp": time.time() + 60, **body}, SECRET, "HS256")
        with pytest.raises(ValueError):
            tokens.may_join(tokens.verify(token, KEYS), Limits())


def test_a_refreshed_token_says_the_same_for_ten_minutes_more() -> None:
    first = tokens.verify(made(api.VideoGrants(room_join=True, room="room", hidden=True)), KEYS)
    named = tokens.changed(first, name="Anna", metadata="m", attributes={"a": "b"}, video={})
    now = time.time()
    again = tokens.verify(tokens.refreshed(named, SECRET, now), KEYS)
    assert (again.identity, again.name, again.metadata, again.attributes) == ("anna", "Anna", "m", {"a": "b"})
    assert again.grants == first.grants
    less = tokens.changed(
        first, name="", metadata="", attributes={}, video={"canPublish": False, "canPublishSources": None}
    )
    assert tokens.verify(tokens.refreshed(less, SECRET, now), KEYS).grants == replace(first.grants, can_publish=False)
    later = now - dt.timedelta(minutes=12).total_seconds()
    with pytest.raises(NotAuthorized):
        tokens.verify(tokens.refreshed(named, SECRET, later), KEYS)


def test_a_webhook_token_is_what_livekits_receiver_wants() -> None:
    token = tokens.webhook_token("key", SECRET, "ZGlnZXN0", time.time())
    assert api.TokenVerifier("key", SECRET).verify(token).sha256 == "ZGlnZXN0"
