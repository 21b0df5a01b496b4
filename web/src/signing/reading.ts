// The reading view: the file's own text in large type, what is owed first, and three places that must be seen.
import { icon, make } from "../dom";
import { t } from "../words";
import type { Passage } from "./paper";

const CLAUSE = /^([一二三四五六七八九十百]+、)(.*)$/s;
const MONEY_OR_DAY = /(?:人民币\s*)?\d[\d,]*(?:\.\d+)?\s*元|\d{4}年\d{1,2}月\d{1,2}日(?:[之以]?前)?/g;
const BREACH = /逾期|不履行|违约|申请执行|未按/;

export interface Spot {
  box: HTMLElement;
  words: string;
}

function marked(text: string): (Node | string)[] {
  const out: (Node | string)[] = [];
  let from = 0;
  for (const found of text.matchAll(MONEY_OR_DAY)) {
    out.push(text.slice(from, found.index), make("span", { class: "hl nowrap" }, found[0]));
    from = found.index + found[0].length;
  }
  return [...out, text.slice(from)];
}

function shown({ kind, text }: Passage): HTMLElement {
  if (kind === "H1" || kind === "H2") return make(kind === "H1" ? "h2" : "h3", {}, text);
  const clause = CLAUSE.exec(text);
  if (clause) return make("p", { "data-clause": "" }, make("b", {}, clause[1] ?? ""), ...marked(clause[2] ?? ""));
  return make("p", {}, text);
}

/** What each clause says of money and days, one line a clause; empty when no clause speaks of either. */
export function owed(texts: Passage[]): HTMLElement[] {
  return texts.flatMap(({ text }) => {
    const clause = CLAUSE.exec(text);
    if (!clause || !MONEY_OR_DAY.test(text)) return [];
    MONEY_OR_DAY.lastIndex = 0;
    return [make("li", {}, icon("check"), make("span", {}, ...marked(clause[2] ?? "")))];
  });
}

/** Fill the reading view; gives the three places in reading order: money and days, what if not, the signature. */
export function lay(texts: Passage[], place: HTMLElement): Spot[] {
  const all = texts.map(shown);
  place.replaceChildren(...all);
  const clauses = all.filter((one) => one.dataset["clause"] !== undefined);
  const breach = clauses.find((one) => BREACH.test(one.textContent)) ?? clauses.at(-1);
  const money = clauses.find((one) => one !== breach && one.querySelector(".hl")) ?? clauses[0];
  const wanted: [HTMLElement | undefined, string][] = [
    [money, t("金额和日期，请看清楚")],
    [breach, t("没照着做怎么办，请看清楚")],
    [all.at(-1), t("您签名的地方，最后再看一眼")],
  ];
  const order = (one: [HTMLElement | undefined, string]): number => (one[0] ? all.indexOf(one[0]) : all.length);
  return wanted.sort((a, b) => order(a) - order(b)).map(([after, words]) => {
    const box = make("div", { class: "spot" }, icon("eye"), make("span", {}, words));
    if (after) after.after(box);
    else place.append(box);
    return { box, words };
  });
}

export function seenNow(spot: Spot, number: number): void {
  spot.box.classList.add("done");
  spot.box.replaceChildren(icon("circle-check"), make("span", {}, t("第 {number} 处看过了：{words}", { number, words: spot.words })));
}
