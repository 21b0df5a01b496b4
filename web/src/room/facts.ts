// 双方都认的事实: the mediator puts a fact, each party says yes or no; all see what both have said.
import { act, button, icon, make, need, say } from "../dom";
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
    await this.meeting.act(this.amending ? `facts/${this.amending}` : "facts", { text: this.input.value });
    this.input.value = "";
    this.amending = "";
  }

  show(state: RoomState, parties: SeatRow[]): void {
    const facts = state.facts ?? [];
    need<HTMLElement>("#facts").hidden = state.place !== "joint";
    need("#facts-list").replaceChildren(...facts.map((fact) => this.row(fact, parties)));
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
  private drawn = "";

  constructor(private readonly meeting: Meeting, private readonly party: string) {}

  show(state: RoomState): void {
    const facts = state.facts ?? [];
    const drawn = JSON.stringify(facts.map((fact) => [fact.id, fact.text, fact.answers[this.party]]));
    if (drawn === this.drawn) return; // a tap must not lose its button to somebody else's news
    this.drawn = drawn;
    const open = facts.find((fact) => fact.answers[this.party] === undefined);
    this.place.hidden = facts.length === 0;
    this.place.classList.toggle("open", open !== undefined);
    const rows: HTMLElement[] = [];
    if (open) {
      rows.push(make("p", { class: "ask" }, make("b", {}, t("调解员问：是这样吗？")), make("span", { class: "said" }, open.text)), this.choices(open));
      say(t("调解员问：{text}，是这样吗？", { text: open.text }));
    }
    const answered = facts.filter((fact) => fact.answers[this.party] !== undefined);
    if (answered.length > 0) {
      const list = make("ol", {}, ...answered.map((fact) => make("li", {}, make("span", {}, icon(fact.answers[this.party] ? "check" : "x"), fact.text), this.choices(fact))));
      rows.push(make("details", {}, make("summary", {}, t("您答过的 {number} 条", { number: answered.length })), list));
    }
    this.place.replaceChildren(...rows);
  }

  private choices(fact: Fact): HTMLElement {
    const mine = fact.answers[this.party];
    const answer = (agrees: boolean) => () => this.meeting.act(`facts/${fact.id}/answer`, { text: fact.text, agrees });
    const row = make("div", { class: "row gap-2" });
    if (mine !== true) row.append(button(t("是这样"), mine === undefined ? "btn main" : "btn compact", answer(true)));
    if (mine !== false) row.append(button(t("不对"), mine === undefined ? "btn" : "btn compact", answer(false)));
    return row;
  }
}
