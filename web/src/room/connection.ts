// The connection to one room by livekit-client. Lost and back again without losing the place: livekit-client resumes by
// itself; when it gives up, or the media server is new, we ask our server for a fresh ticket until we are back.
import { ConnectionQuality, DefaultReconnectPolicy, type Participant, Room, RoomEvent, Track } from "livekit-client";
import { ApiError } from "../api";
import { t } from "../words";
import type { Meeting, Ticket } from "./state";
import { Tiles } from "./tiles";

export type Net = "good" | "fair" | "poor" | "lost";

export interface Watcher {
  net(quality: Net): void;
  lost(): void;
  back(): void;
  closed(): void;
  media(kind: "audio" | "video", on: boolean): void;
  others(identity: string, quality: Net): void;
  told(topic: string, content: Uint8Array): void;
}

const PAUSES = [200, 400, 800, 1500, 2000];
// livekit-client's own pauses are for a cloud with millions of rooms; here somebody sits before a picture that stands
// still. Each is varied by half; afterwards `comeBack` goes on with fresh tickets for as long as it takes.
const RESUMING = [100, 200, 400, 600, 800, 1000, 1500, 2000, 2000];

export class Connection {
  private room: Room | undefined;
  private wanted = "";
  private returning = false;
  private readonly on = { audio: true, video: true };

  constructor(private readonly meeting: Meeting, private readonly tiles: Tiles, private readonly watcher: Watcher) {}

  get name(): string {
    return this.wanted;
  }

  /** Enter the room that the server names, leaving any other first. */
  async enter(name: string): Promise<void> {
    if (this.wanted === name && this.room) return;
    await this.leave();
    this.wanted = name;
    await this.connect();
  }

  async leave(): Promise<void> {
    this.wanted = "";
    const room = this.room;
    this.room = undefined;
    this.tiles.clear();
    await room?.disconnect();
  }

  private async connect(): Promise<void> {
    const ticket: Ticket = await this.meeting.join();
    this.wanted = ticket.room;
    const room = new Room({ adaptiveStream: true, dynacast: true, disconnectOnPageLeave: true, reconnectPolicy: new DefaultReconnectPolicy(RESUMING) });
    this.listen(room);
    this.room = room;
    await room.connect(ticket.url || location.origin.replace(/^http/, "ws"), ticket.token);
    this.showAll(room);
    this.watcher.back();
    await this.publish(room);
  }

  private async publish(room: Room): Promise<void> {
    for (const kind of ["audio", "video"] as const) {
      if (!this.on[kind]) continue;
      try {
        await (kind === "audio" ? room.localParticipant.setMicrophoneEnabled(true) : room.localParticipant.setCameraEnabled(true, { resolution: { width: 640, height: 480 } }));
        this.watcher.media(kind, true);
      } catch {
        this.watcher.media(kind, false); // no device, or not allowed: the person is in all the same, and is told
      }
    }
    this.showAll(room);
  }

  private listen(room: Room): void {
    const refresh = (): void => this.showAll(room);
    for (const event of [
      RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed, RoomEvent.TrackMuted, RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished, RoomEvent.ParticipantConnected, RoomEvent.ActiveSpeakersChanged,
    ] as const) room.on(event, refresh);
    room.on(RoomEvent.TrackMuted, (publication, participant) => {
      if (participant.isLocal && room === this.room) this.watcher.media(publication.kind === Track.Kind.Audio ? "audio" : "video", false);
    });
    room.on(RoomEvent.ParticipantDisconnected, (participant) => this.tiles.remove(participant.identity));
    room.on(RoomEvent.ConnectionQualityChanged, (quality, participant) => {
      if (participant.isLocal) this.watcher.net(words(quality));
      else this.watcher.others(participant.identity, words(quality));
    });
    room.on(RoomEvent.DataReceived, (content, participant, _kind, topic) => {
      if (participant === undefined && room === this.room) this.watcher.told(topic ?? "", content); // the platform's word only
    });
    room.on(RoomEvent.Reconnecting, () => this.gone(room));
    room.on(RoomEvent.SignalReconnecting, () => this.gone(room));
    room.on(RoomEvent.Reconnected, () => {
      this.tiles.hold(false);
      this.watcher.back();
      this.showAll(room);
    });
    room.on(RoomEvent.Disconnected, () => {
      if (room === this.room) void this.comeBack();
    });
  }

  private gone(room: Room): void {
    if (room !== this.room) return;
    this.tiles.hold(true);
    this.watcher.lost();
  }

  /** Ask for the room again until we are in; the server may meanwhile have moved or ended it. */
  private async comeBack(): Promise<void> {
    if (this.returning || !this.wanted) return;
    this.returning = true;
    this.tiles.hold(true);
    this.watcher.lost();
    for (let turn = 0; this.wanted; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(turn, PAUSES.length - 1)]));
      try {
        this.room = undefined;
        this.tiles.clear();
        await this.connect();
        break;
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) {
          this.wanted = "";
          this.watcher.closed();
        }
      }
    }
    this.returning = false;
  }

  private showAll(room: Room): void {
    if (room !== this.room) return;
    const people: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
    for (const participant of people) this.tiles.show(participant, participant.isLocal);
  }

  async toggle(kind: "audio" | "video"): Promise<boolean> {
    const local = this.room?.localParticipant;
    if (!local) return this.on[kind];
    const now = kind === "audio" ? local.isMicrophoneEnabled : local.isCameraEnabled;
    this.on[kind] = !now;
    await (kind === "audio" ? local.setMicrophoneEnabled(!now) : local.setCameraEnabled(!now));
    this.watcher.media(kind, !now);
    this.showAll(this.room as Room);
    return !now;
  }
}

function words(quality: ConnectionQuality): Net {
  if (quality === ConnectionQuality.Lost) return "lost";
  if (quality === ConnectionQuality.Poor) return "poor";
  return quality === ConnectionQuality.Good ? "fair" : "good";
}

export function netWords(): Record<Net, string> {
  return { good: t("网络好"), fair: t("有点卡"), poor: t("很差"), lost: t("断了") };
}
