// The stage of the joint room: the picture that all look at, and who points where. The server says what lies there; a
// pointing is told to everybody by the media server, shown for a few seconds and kept nowhere.
import { act, icon, make, need, say } from "../dom";
import { t } from "../words";
import type { Exhibit, Meeting } from "./state";

const SHOWN_FOR = 8000;
const STEP = 0.05;

export interface Pointed {
  identity: string;
  name: string;
  exhibit: string;
  x: number;
  y: number;
}

function day(at: string): string {
  return new Date(at).toLocaleDateString("zh-CN", { month: "numeric", day: "numeric", timeZone: "Asia/Shanghai" });
}

export class Exhibits {
  private shown = "";
  private readonly marks = new Map<string, { mark: HTMLElement; ending: number }>();
  private readonly early = new Map<string, { said: Pointed; at: number }>();
  private readonly place = need<HTMLElement>("#stage");

  constructor(private readonly meeting: Meeting, private readonly own: string, private readonly presiding: boolean) {}

  show(exhibit: Exhibit | null): void {
    const wanted = exhibit?.id ?? "";
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.marks.clear();
    this.place.hidden = exhibit === null;
    this.place.closest("main")?.classList.toggle("staged", exhibit !== null);
    this.place.replaceChildren(...(exhibit ? this.figure(exhibit) : []));
    this.place.dataset["exhibit"] = wanted;
    say(exhibit ? t("大家正在看：{name}", { name: exhibit.name }) : t("照片收起来了"));
    const early = [...this.early.values()].filter(({ said, at }) => said.exhibit === wanted && Date.now() - at < SHOWN_FOR);
    this.early.clear();
    for (const { said } of early) this.point(said);
  }

  private figure(exhibit: Exhibit): HTMLElement[] {
    const title = make("b", {}, icon("eye"), t("大家正在看"));
    const facts = t("第 {number} / {of} 张　{by} {day}交　指纹 {print}", {
      number: exhibit.number, of: exhibit.of, by: exhibit.by || t("工作人员"), day: day(exhibit.handed_in), print: `${exhibit.sha256.slice(0, 4)}…${exhibit.sha256.slice(-2)}`,
    });
    const caption = make("figcaption", {}, title, make("span", { class: "grow" }, exhibit.name), make("span", { class: "small muted num" }, facts));
    if (this.presiding) {
      const away = make("button", { type: "button", class: "btn compact", id: "put-away" }, icon("x"), t("收起"));
      act(away, () => this.meeting.act("put-away"));
      caption.append(away);
    }
    return [caption, this.sheet(exhibit)];
  }

  /** The picture itself: a click points there; with the keyboard the arrows move and Enter points. */
  private sheet(exhibit: Exhibit): HTMLElement {
    const picture = make("img", { src: `/api/meetings/${this.meeting.id}/stage/${exhibit.id}`, alt: exhibit.name, draggable: "false" });
    const touch = make("div", { class: "touch", tabindex: "0", role: "button", "aria-label": t("{name}。点一下，指给大家看", { name: exhibit.name }) }, picture);
    const sheet = make("div", { class: "sheet" }, touch); // the marks lie beside what is touched, not in it
    const at = { x: 0.5, y: 0.5 };
    touch.addEventListener("click", (event) => {
      const box = sheet.getBoundingClientRect();
      const seen = area(picture);
      if (event.detail > 0) Object.assign(at, { x: clamp((event.clientX - box.left - seen.left) / seen.width), y: clamp((event.clientY - box.top - seen.top) / seen.height) });
      void this.pointAt(at.x, at.y);
    });
    touch.addEventListener("keydown", (event) => {
      const moves: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
      const move = moves[event.key];
      if (!move && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (move) {
        Object.assign(at, { x: clamp(at.x + move[0]), y: clamp(at.y + move[1]) });
        this.draw({ identity: this.own, name: "", exhibit: exhibit.id, ...at });
      } else void this.pointAt(at.x, at.y);
    });
    return sheet;
  }

  private async pointAt(x: number, y: number): Promise<void> {
    this.draw({ identity: this.own, name: "", exhibit: this.shown, x, y }); // at once, the others a moment later
    await this.meeting.tell("point", { x, y });
  }

  /** Somebody points; their word may be faster than the news of the picture that they point at. */
  pointed(content: Uint8Array): void {
    const said = JSON.parse(new TextDecoder().decode(content)) as Pointed;
    if (said.identity === this.own) return;
    if (said.exhibit === this.shown) this.point(said);
    else this.early.set(said.identity, { said, at: Date.now() });
  }

  private point(said: Pointed): void {
    this.draw(said);
    say(t("{name}指着照片", { name: said.name }));
  }

  private draw(said: Pointed): void {
    const sheet = this.place.querySelector<HTMLElement>(".sheet");
    const picture = sheet?.querySelector("img");
    if (!sheet || !picture) return;
    const known = this.marks.get(said.identity);
    if (known) {
      clearTimeout(known.ending);
      known.mark.remove();
    }
    const label = said.identity === this.own ? t("您指着：这里") : t("{name}指着：这里", { name: said.name });
    const mark = make("span", { class: "pointer", "data-points": said.identity }, make("i", {}), make("b", {}, label));
    const put = (): void => {
      const seen = area(picture);
      mark.style.insetInlineStart = `${seen.left + said.x * seen.width}px`;
      mark.style.insetBlockStart = `${seen.top + said.y * seen.height}px`;
    };
    put();
    if (!picture.complete) picture.addEventListener("load", put, { once: true });
    mark.classList.toggle("left", said.x > 0.6);
    sheet.append(mark);
    const ending = window.setTimeout(() => mark.remove(), SHOWN_FOR);
    this.marks.set(said.identity, { mark, ending });
  }
}

/** Where in its element the whole picture really is: beside it there may be empty stripes (object-fit: contain). */
function area(picture: HTMLImageElement): { left: number; top: number; width: number; height: number } {
  const { clientWidth, clientHeight, naturalWidth, naturalHeight } = picture;
  const scale = Math.min(clientWidth / (naturalWidth || 1), clientHeight / (naturalHeight || 1));
  const [width, height] = [naturalWidth * scale, naturalHeight * scale];
  return { left: (clientWidth - width) / 2, top: (clientHeight - height) / 2, width, height };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
