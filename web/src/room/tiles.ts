// Tiles: one for each person in the room, with the picture when there is one, the name always. The mediator comes first,
// then the parties, oneself last and smallest; two alone are `duo`: the other one fills the room.
import { type Participant, Track } from "livekit-client";
import { icon, make } from "../dom";
import { t } from "../words";

export class Tiles {
  private readonly tiles = new Map<string, HTMLElement>();

  constructor(private readonly stage: HTMLElement) {}

  /** Show this participant as they are now; called again whenever something of theirs changed. */
  show(participant: Participant, own: boolean): void {
    const tile = this.tile(participant.identity, participant.name ?? "", own);
    const picture = participant.getTrackPublication(Track.Source.Camera);
    const shown = picture?.track && !picture.isMuted;
    let video = tile.querySelector("video");
    if (shown && picture.track) {
      if (!video) {
        video = make("video", { "data-identity": participant.identity, "aria-label": t("{name}的画面", { name: participant.name ?? "" }) });
        video.playsInline = true;
        video.autoplay = true;
        video.muted = true;
        tile.prepend(video);
      }
      if (video.srcObject === null || !picture.track.attachedElements.includes(video)) picture.track.attach(video);
    } else video?.remove();
    const sound = participant.getTrackPublication(Track.Source.Microphone);
    if (!own) this.play(tile, participant);
    tile.classList.toggle("speaking", participant.isSpeaking);
    tile.querySelector(".muted-mark")?.toggleAttribute("hidden", !(sound?.isMuted ?? true));
  }

  private play(tile: HTMLElement, participant: Participant): void {
    const track = participant.getTrackPublication(Track.Source.Microphone)?.track;
    let audio = tile.querySelector("audio");
    if (!track) {
      audio?.remove();
      return;
    }
    if (!audio) {
      audio = make("audio", { "data-identity": participant.identity });
      audio.autoplay = true;
      tile.append(audio);
    }
    if (!track.attachedElements.includes(audio)) track.attach(audio);
  }

  private tile(identity: string, name: string, own: boolean): HTMLElement {
    const known = this.tiles.get(identity);
    if (known) return known;
    const mark = make("span", { class: "muted-mark", hidden: "" });
    mark.append(icon("mic-off"));
    const tag = make("span", { class: "tag" }, own ? t("您") : name, mark);
    const tile = make("div", { class: own ? "tile me" : "tile", "data-tile": identity }, tag);
    tile.dataset["rank"] = (own ? "2" : identity.startsWith("staff-") ? "0" : "1") + identity; // the same after a return
    const after = [...this.tiles.values()].find((other) => (other.dataset["rank"] ?? "") > (tile.dataset["rank"] ?? ""));
    this.tiles.set(identity, tile);
    this.stage.insertBefore(tile, after ?? null);
    this.arrange();
    return tile;
  }

  private arrange(): void {
    this.stage.classList.toggle("duo", this.tiles.size === 2);
  }

  remove(identity: string): void {
    this.tiles.get(identity)?.remove();
    this.tiles.delete(identity);
    this.arrange();
  }

  clear(): void {
    for (const identity of [...this.tiles.keys()]) this.remove(identity);
  }

  hold(held: boolean): void {
    for (const tile of this.tiles.values()) tile.classList.toggle("held", held);
  }
}
