"""The media server by LiveKit's public interfaces only: access tokens, room API, webhooks (livekit-api)."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
from livekit import api

from server.errors import NotAllowed, Upstream, _

MUTED_KINDS = {"audio": api.TrackType.AUDIO, "video": api.TrackType.VIDEO}


class LiveKitRooms:
    """Any LiveKit-protocol server: the embedded one or a cluster."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._url, self._key, self._secret = url, key, secret

    def token(self, room: str, identity: str, name: str, *, grants: Mapping[str, Any], minutes: int) -> str:
        """Make an access token for one room, valid for joining for some minutes."""
        return (
            api.AccessToken(self._key, self._secret)
            .with_identity(identity)
            .with_name(name)
            .with_ttl(dt.timedelta(minutes=minutes))
            .with_grants(api.VideoGrants(room_join=True, room=room, **grants))
            .to_jwt()
        )

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncIterator[api.LiveKitAPI]:
        client = api.LiveKitAPI(self._url, self._key, self._secret)
        try:
            yield client
        except api.TwirpError as error:
            if error.code != "not_found":
                raise Upstream("media_refused", _("视频服务这会儿没有答应，请再点一次。")) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Upstream("media_silent", _("视频服务这会儿没有回应，正在恢复，请等几秒再点一次。")) from error
        finally:
            await client.aclose()

    async def create_room(self, room: str) -> None:
        """Make the room if there is none; it stays for two hours when empty."""
        async with self._client() as client:
            await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=7200))

    async def delete_room(self, room: str) -> None:
        """End the room."""
        async with self._client() as client:
            await client.room.delete_room(api.DeleteRoomRequest(room=room))

    async def participants(self, room: str) -> Sequence[str]:
        """Return who is connected."""
        async with self._client() as client:
            answer = await client.room.list_participants(api.ListParticipantsRequest(room=room))
            return [participant.identity for participant in answer.participants]
        return []

    async def remove(self, room: str, identity: str) -> None:
        """Put somebody out."""
        async with self._client() as client:
            await client.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=identity))

    async def mute(self, room: str, identity: str, *, kind: str) -> None:
        """Mute somebody's tracks of a kind."""
        async with self._client() as client:
            who = await client.room.get_participant(api.RoomParticipantIdentity(room=room, identity=identity))
            for track in who.tracks:
                if track.type == MUTED_KINDS[kind] and not track.muted:
                    await client.room.mute_published_track(
                        api.MuteRoomTrackRequest(room=room, identity=identity, track_sid=track.sid, muted=True)
                    )

    async def send(self, room: str, topic: str, body: bytes, to: Sequence[str] = ()) -> None:
        """Send a reliable data packet into the room."""
        async with self._client() as client:
            await client.room.send_data(
                api.SendDataRequest(
                    room=room,
                    data=body,
                    topic=topic,
                    kind=api.DataPacket.Kind.RELIABLE,
                    destination_identities=list(to),
                )
            )

    def read_webhook(self, body: str, authorization: str) -> Mapping[str, Any]:
        """Verify and read a webhook; raises NotAllowed for a false or old signature."""
        receiver = api.WebhookReceiver(api.TokenVerifier(self._key, self._secret))
        try:
            event = receiver.receive(body, authorization)
        except Exception as error:
            raise NotAllowed("webhook_signature", _("签名不对。")) from error
        return {
            "id": event.id,
            "event": event.event,
            "room": event.room.name,
            "identity": event.participant.identity,
            "sid": event.participant.sid,
            "at": event.created_at,
        }
