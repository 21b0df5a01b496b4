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
  /** The room that we were in is closed to us. */
  closed(): void;
  /** The room that we were told to enter does not let us in. */
  refused(why: string): void;
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
  private joined = "";
  private going = false;
  private closing: Promise<unknown> = Promise.resolve();
  private wake: () => void = () => undefined;
  private readonly on = { audio: true, video: true };

  constructor(private readonly meeting: Meeting, private readonly tiles: Tiles, private readonly watcher: Watcher) {}

  /** The room in which the media is up: only there can anybody hear me. */
  get inside(): string {
    return this.joined;
  }

  /** Be in the room that the server names, "" for none; true when that is elsewhere. What is under way is given up. */
  go(name: string): boolean {
    if (name === this.wanted) return false;
    this.wanted = name;
    this.drop();
    this.wake();
    void this.follow(false);
    return true;
  }

  async leave(): Promise<void> {
    this.go("");
    await this.closing;
  }

  private drop(): void {
    const room = this.room;
    this.room = undefined;
    this.joined = "";
    this.tiles.clear();
    if (room) this.closing = room.disconnect().catch(() => undefined);
  }

  /** Go where we are wanted until we are there: one at a time, always to the latest place, again after an error. */
  private async follow(again: boolean): Promise<void> {
    if (this.going) return;
    this.going = true;
    let turn = 0;
    while (this.wanted !== this.joined) {
      const name = this.wanted;
      if (again || turn > 0) await this.pause(PAUSES[Math.min(again ? turn : turn - 1, PAUSES.length - 1)] ?? 0);
      await this.closing;
      if (name === this.wanted) await this.connect(name).catch((error: unknown) => this.failed(name, again, error));
      turn = name === this.wanted ? turn + 1 : 0;
      if (name !== this.wanted) again = false;
    }
    this.going = false;
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, milliseconds);
    });
  }

  /** The server may meanwhile have moved us or ended the meeting: then it says so, and we do not ask again by ourselves. */
  private failed(name: string, again: boolean, error: unknown): void {
    if (name !== this.wanted) return; // we gave it up ourselves
    this.drop();
    if (error instanceof ApiError && error.status < 500) {
      this.wanted = "";
      if (again) this.watcher.closed();
      else this.watcher.refused(error.message);
    } else this.watcher.lost();
  }

  private async connect(name: string): Promise<void> {
    this.drop();
    const ticket: Ticket = await this.meeting.join();
    if (name !== this.wanted) return;
    this.wanted = ticket.room;
    const room = new Room({ adaptiveStream: true, dynacast: true, disconnectOnPageLeave: true, reconnectPolicy: new DefaultReconnectPolicy(RESUMING) });
    this.listen(room);
    this.room = room;
    await room.connect(ticket.url || location.origin.replace(/^http/, "ws"), ticket.token);
    if (room !== this.room) return;
    this.joined = ticket.room;
    this.showAll(room);
    this.watcher.back();
    void this.publish(room); // a browser may ask the person first, and they may take their time
  }

  private async publish(room: Room): Promise<void> {
    for (const kind of ["audio", "video"] as const) {
      if (!this.on[kind] || room !== this.room) continue;
      let on = true;
      try {
        await (kind === "audio" ? room.localParticipant.setMicrophoneEnabled(true) : room.localParticipant.setCameraEnabled(true, { resolution: { width: 640, height: 480 } }));
      } catch {
        on = false; // no device, or not allowed: the person is in all the same, and is told
      }
      if (room === this.room) this.watcher.media(kind, on);
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
    room.on(RoomEvent.ParticipantDisconnected, (participant) => {
      if (room === this.room) this.tiles.remove(participant.identity);
    });
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
      if (room !== this.room) return;
      this.tiles.hold(false);
      this.watcher.back();
      this.showAll(room);
    });
    room.on(RoomEvent.Disconnected, () => {
      if (room === this.room && this.joined) this.comeBack();
    });
  }

  private gone(room: Room): void {
    if (room !== this.room) return;
    this.tiles.hold(true);
    this.watcher.lost();
  }

  /** Ask for the room again until we are in. */
  private comeBack(): void {
    this.joined = "";
    this.tiles.hold(true);
    this.watcher.lost();
    void this.follow(true);
  }

  private showAll(room: Room): void {
    if (room !== this.room) return;
    const people: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
    for (const participant of people) this.tiles.show(participant, participant.isLocal);
  }

  async toggle(kind: "audio" | "video"): Promise<boolean> {
    const local = this.joined ? this.room?.localParticipant : undefined;
    if (!local) { // not there yet: it is said now, and so we shall enter
      this.on[kind] = !this.on[kind];
      this.watcher.media(kind, this.on[kind]);
      return this.on[kind];
    }
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
