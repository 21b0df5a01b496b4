// 双方都认的事实: the mediator puts a fact, each party says yes or no; all see what both have said.
import { act, button, icon, make, need, say } from "../dom";
import { renew } from "../renew";
import { t } from "../words";
import type { Fact, Meeting, RoomState, SeatRow } from "./state";

/** For whoever mediates: every fact with what each party says, new ones, other words. */
export class FactsDesk {
  private readonly input = need<HTMLInputElement>("#fact-text");
  private amending = "";

  constructor(private readonly meeting: Meeting) {
    const put = need<HTMLButtonElement>("#fact-put");
    act(put, () => this.put());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) put.click();
    });
  }

  private async put(): Promise<void> {
    const { amending } = this;
    const text = this.input.value;
    await this.meeting.act(amending ? `facts/${amending}` : "facts", { text });
    if (this.input.value !== text || this.amending !== amending) return; // the next one is being written already
    this.input.value = "";
    this.amending = "";
  }

  show(state: RoomState, parties: SeatRow[]): void {
    const facts = state.facts ?? [];
    need<HTMLElement>("#facts").hidden = state.place !== "joint";
    renew(need("#facts-list"), ...facts.map((fact) => this.row(fact, parties)));
  }

  private row(fact: Fact, parties: SeatRow[]): HTMLElement {
    const said = parties.map((seat) => {
      const answer = fact.answers[seat.party];
      const words = answer === undefined ? t("{name} 在看", { name: seat.name }) : answer ? `${seat.name} ✓` : t("{name} 说不对", { name: seat.name });
      return make("b", { class: answer === undefined ? "wait-y" : answer ? "yes" : "no", "data-says": seat.identity }, words);
    });
    const change = button(t("改一改"), "text-btn small", () => {
      this.amending = fact.id;
      this.input.value = fact.text;
      this.input.focus();
    });
    const back = button(t("收回"), "text-btn small", () => this.meeting.act(`facts/${fact.id}/withdraw`));
    return make("li", { "data-fact": fact.id }, make("span", {}, fact.text), make("span", { class: "agree" }, ...said, make("span", { class: "row gap-2" }, change, back)));
  }
}

/** For a party: one question at a time, and everything said so far one tap away. */
export class FactsSeat {
  private readonly place = need<HTMLElement>("#facts");
  private asked = "";

  constructor(private readonly meeting: Meeting, private readonly party: string) {}

  show(state: RoomState): void {
    const facts = state.facts ?? [];
    const open = facts.find((fact) => fact.answers[this.party] === undefined);
    this.place.hidden = facts.length === 0;
    this.place.classList.toggle("open", open !== undefined);
    const rows: HTMLElement[] = [];
    if (open) rows.push(make("p", { class: "ask" }, make("b", {}, t("调解员问：是这样吗？")), make("span", { class: "said" }, open.text)), this.choices(open));
    const asked = open ? open.id + open.text : "";
    if (open && asked !== this.asked) say(t("调解员问：{text}，是这样吗？", { text: open.text }));
    this.asked = asked;
    const answered = facts.filter((fact) => fact.answers[this.party] !== undefined);
    if (answered.length > 0) {
      const list = make("ol", {}, ...answered.map((fact) => make("li", { "data-answered": fact.id }, make("span", {}, icon(fact.answers[this.party] ? "check" : "x"), fact.text), this.choices(fact))));
      rows.push(make("details", {}, make("summary", {}, t("您答过的 {number} 条", { number: answered.length })), list));
    }
    renew(this.place, ...rows);
  }

  private choices(fact: Fact): HTMLElement {
    const mine = fact.answers[this.party];
    const answer = (agrees: boolean) => () => this.meeting.act(`facts/${fact.id}/answer`, { text: fact.text, agrees });
    const row = make("div", { class: "row gap-2", "data-answers": `${fact.id} ${fact.text}` }); // an answer is to these words
    if (mine !== true) row.append(button(t("是这样"), mine === undefined ? "btn main" : "btn compact", answer(true)));
    if (mine !== false) row.append(button(t("不对"), mine === undefined ? "btn" : "btn compact", answer(false)));
    return row;
  }
}
