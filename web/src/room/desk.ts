// The side of whoever presides: who waits, admit, mute, remove, minutes, end; for a mediator also the private talk.
import { act, button, icon, lay, make, need, say, showError } from "../dom";
import { renew } from "../renew";
import { t } from "../words";
import { type Net, netWords } from "./connection";
import { FactsDesk } from "./facts";
import type { Meeting, RoomState, SeatRow } from "./state";

function waited(seconds: number): string {
  return seconds < 60 ? t("刚到") : t("等了 {minutes} 分钟", { minutes: Math.floor(seconds / 60) });
}

/** Ask before something that others feel: the title is a question, the buttons are verbs, Escape means no. */
export function ask(title: string, body: string[], yes: string, no: string, cls: string): Promise<boolean> {
  return new Promise((resolve) => {
    const go = make("button", { type: "button", class: `btn big ${cls}` }, yes);
    const stay = make("button", { type: "button", class: "btn" }, no);
    const list = make("ul", { class: "tally" }, ...body.map((line) => make("li", { class: "ok" }, icon("circle-check"), make("span", {}, line))));
    const dialog = make("dialog", { class: "ask" }, make("h2", {}, title), list, make("div", { class: "acts" }, go, stay));
    const close = (answer: boolean): void => {
      away();
      resolve(answer);
    };
    go.addEventListener("click", () => close(true));
    stay.addEventListener("click", () => close(false));
    dialog.addEventListener("cancel", () => close(false));
    const away = lay(dialog);
  });
}

export class Desk {
  private known = new Set<string>();
  private talks = false; // a mediator may talk with one side alone, a court never
  private readonly sound = new AudioContext();

  private readonly nets = new Map<string, Net>();
  private latest: RoomState | undefined;
  private readonly facts: FactsDesk | undefined;
  private writing: Promise<void> = Promise.resolve(); // lines arrive in the order in which they were written

  constructor(private readonly meeting: Meeting, private readonly caseId: string) {
    const inquiry = document.querySelector<HTMLButtonElement>("#conclude");
    if (inquiry) act(inquiry, async () => this.conclude());
    else {
      act(need<HTMLButtonElement>("#settle"), async () => this.end(true));
      act(need<HTMLButtonElement>("#adjourn"), async () => this.end(false));
      act(need<HTMLButtonElement>("#gather"), () => this.meeting.act("gather"));
      need<HTMLButtonElement>("#exhibit").addEventListener("click", () => this.choose());
      this.facts = new FactsDesk(this.meeting);
      this.talks = true;
    }
    const text = need<HTMLTextAreaElement>("#minute-text");
    const write = need<HTMLButtonElement>("#minute-write");
    write.addEventListener("click", () => this.write(text));
    text.addEventListener("keydown", (event) => {
      if (event.ctrlKey && event.key === "Enter") write.click();
    });
  }

  /** A line is taken at the press, so that the next can be typed at once; what did not arrive is put back. */
  private write(text: HTMLTextAreaElement): void {
    const line = text.value;
    const speaker = need<HTMLSelectElement>("#minute-speaker").value;
    text.value = "";
    if (line.trim() === "") return;
    showError("");
    this.writing = this.writing.then(() => this.meeting.act("minutes", { speaker, text: line })).then(() => undefined).catch((error: unknown) => {
      text.value = [line, text.value].filter(Boolean).join("\n");
      showError(error instanceof Error ? error.message : String(error));
    });
  }

  private async end(settled: boolean): Promise<void> {
    const sure = settled
      ? await ask(t("谈成了，现在写协议？"), [t("视频会结束"), t("接着把说好的写成协议，请双方看、签")], t("去写协议"), t("再谈谈"), "main")
      : await ask(t("今天先到这儿？"), [t("视频会结束"), t("以后可以再约时间")], t("休会"), t("接着谈"), "stop");
    if (!sure) return;
    const done = await this.meeting.act<{ next: string }>("end", { settled });
    location.href = done.next;
  }

  private async conclude(): Promise<void> {
    const said = [t("视频会结束"), t("笔录留在案子里，接着看材料、裁定")];
    if (!(await ask(t("问完了，结束询问？"), said, t("结束询问"), t("再问几句"), "main"))) return;
    location.href = (await this.meeting.act<{ next: string }>("end", { settled: false })).next;
  }

  /** 出示证据: pick one of the case's pictures; everybody in the joint room sees it. */
  private choose(): void {
    const pictures = this.latest?.pictures ?? [];
    const close = make("button", { type: "button", class: "btn" }, t("先不出示"));
    const dialog = make("dialog", { class: "ask exhibits" }, make("h2", {}, t("给大家看哪一张？")));
    const list = make("ul", { class: "picks" }, ...pictures.map((picture) => {
      const pick = make("button", { type: "button", class: "pick", "data-picture": picture.id }, make("img", { src: `/cases/${this.caseId}/attachments/${picture.id}`, alt: "", loading: "lazy" }), make("span", {}, picture.name));
      act(pick, async () => {
        away();
        await this.meeting.act("show", { attachment: picture.id });
      });
      return make("li", {}, pick);
    }));
    const none = make("p", { class: "muted" }, t("案子里还没有照片。当事人在“我的案子”里可以交，您在案件页里也可以添。"));
    dialog.append(pictures.length > 0 ? list : none, make("div", { class: "acts" }, close));
    const away = lay(dialog);
    close.addEventListener("click", away);
    dialog.addEventListener("cancel", away);
  }

  /** How good somebody's connection is, as the media server measures it. */
  heardFrom(identity: string, quality: Net): void {
    this.nets.set(identity, quality);
    if (this.latest) this.showInside(this.latest);
  }

  private showInside(state: RoomState): void {
    const seats = state.seats ?? [];
    renew(need("#inside"), ...seats.filter((seat) => seat.place === "joint").map((seat) => this.insideRow(seat, state.caucus_with)));
  }

  show(state: RoomState): void {
    this.latest = state;
    const seats = state.seats ?? [];
    const lobby = seats.filter((seat) => seat.place === "lobby");
    const away = seats.filter((seat) => seat.place === "removed");
    renew(need("#lobby"), ...lobby.map((seat) => this.waitingRow(seat)), ...away.map((seat) => this.removedRow(seat)));
    need("#lobby-count").textContent = String(lobby.length);
    this.showInside(state);
    if (this.talks) {
      this.facts?.show(state, seats);
      need<HTMLElement>("#exhibit").hidden = state.place !== "joint";
      renew(need("#caucuses"), ...seats.filter((seat) => seat.place === "joint").map((seat) => this.caucusButton(seat, state)));
      need<HTMLElement>("#gather").hidden = state.caucus_with === null;
      need<HTMLElement>("#settle").hidden = state.caucus_with !== null;
    }
    need<HTMLElement>("#minutes-form").hidden = state.caucus_with !== null;
    const lines = (state.minutes ?? []).map((line) =>
      make("li", {}, make("time", {}, new Date(line.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" })), make("span", {}, make("b", {}, line.speaker), ` ${line.text}`)));
    renew(need("#minutes"), ...lines);
    this.chime(lobby);
  }

  private waitingRow(seat: SeatRow): HTMLElement {
    return make("div", { class: "wait", "data-waiting": seat.identity },
      make("div", { class: "grow" }, make("b", {}, seat.name), make("br"), make("span", { class: "small muted" }, `${waited(seat.waited)} ${seat.device}`)),
      button(t("请进来"), "btn compact main", () => this.meeting.act("admit", { identity: seat.identity })));
  }

  /** Whoever was asked to leave can be let in again: it may have been a mistake, or the quarrel has calmed down. */
  private removedRow(seat: SeatRow): HTMLElement {
    return make("div", { class: "wait", "data-removed": seat.identity },
      make("div", { class: "grow" }, make("b", {}, seat.name), make("br"), make("span", { class: "small muted" }, t("您请他离开了"))),
      button(t("请他回来"), "btn compact", () => this.meeting.act("admit", { identity: seat.identity })));
  }

  private insideRow(seat: SeatRow, alone: string | null): HTMLElement {
    const net = this.nets.get(seat.identity);
    const who = make("span", { class: "grow" }, make("b", {}, seat.name));
    if (net) who.append(make("small", { class: `net ${net === "lost" ? "poor" : net}`, "data-net-of": seat.identity }, netWords()[net]));
    const row = make("li", { "data-inside": seat.identity }, who);
    if (alone !== null && alone !== seat.party) {
      row.append(make("span", { class: "chip" }, t("在外面等")));
      return row;
    }
    if (seat.hand) row.append(make("span", { class: "chip warn" }, t("没听懂")));
    row.append(
      button(t("静音"), "btn compact", () => this.meeting.act("mute", { identity: seat.identity, kind: "audio" })),
      button(t("请离开"), "btn compact stop", async () => {
        if (await ask(t("请{name}离开？", { name: seat.name }), [t("他会看到您请他离开了，可以打电话问")], t("请离开"), t("不了"), "stop")) await this.meeting.act("remove", { identity: seat.identity });
      }));
    return row;
  }

  private caucusButton(seat: SeatRow, state: RoomState): HTMLElement {
    const talk = button(t("和{name}单独谈", { name: seat.name }), "room-btn", async () => {
      const sure = await ask(t("和{name}单独谈？", { name: seat.name }), [t("听得到的只有您和{name}", { name: seat.name }), t("另一方回大厅等，会看到您在单独谈"), t("不录音录像，不记笔录")], t("进去单独谈"), t("先不去"), "private");
      if (sure) await this.meeting.act("caucus", { party: seat.party });
    });
    talk.setAttribute("data-caucus", seat.party);
    talk.hidden = state.caucus_with !== null;
    return talk;
  }

  private chime(lobby: SeatRow[]): void {
    const arrived = lobby.filter((seat) => !this.known.has(seat.identity));
    this.known = new Set(lobby.map((seat) => seat.identity));
    if (arrived.length === 0) return;
    say(t("{names}到了，在门外等", { names: arrived.map((seat) => seat.name).join("、") }));
    const gain = this.sound.createGain();
    gain.connect(this.sound.destination);
    gain.gain.setValueAtTime(0.15, this.sound.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, this.sound.currentTime + 0.9);
    for (const [pitch, at] of [[659, 0], [880, 0.18]] as const) {
      const tone = this.sound.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(gain);
      tone.start(this.sound.currentTime + at);
      tone.stop(this.sound.currentTime + at + 0.6);
    }
    need("#lobby").setAttribute("data-chimed", String(Number(need("#lobby").getAttribute("data-chimed") ?? "0") + arrived.length));
  }
}
