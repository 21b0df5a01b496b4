// What the checker found in the draft: how many must change, where, why, and the repair where there is one.
import { button, make, need } from "../dom";
import { renew } from "../renew";
import { t } from "../words";

export interface Finding {
  where: string;
  says: string;
  basis: string;
  must: boolean;
  clause: number;
  repair: { label: string; text: string } | null;
}

function row(one: Finding, mend: (clause: number, text: string) => void): HTMLElement {
  const found = make("li", { "data-finding": `${one.clause} ${one.where} ${one.says}`, class: one.must ? "e" : "w" }, make("span", { class: "where" }, one.where), make("span", {}, one.says), make("small", { class: "quiet", lang: "zh-CN" }, one.basis));
  if (one.repair) {
    const { label, text } = one.repair;
    found.append(button(label, "btn compact fix", () => mend(one.clause, text)));
  }
  return found;
}

export function showFindings(found: Finding[], mend: (clause: number, text: string) => void): void {
  const must = found.filter((one) => one.must).length;
  const chip = (tone: string, words: string): HTMLElement => make("span", { class: `chip ${tone}` }, words);
  const counts = [
    ...(must > 0 ? [chip("bad", t("{number} 处必须改", { number: must }))] : []),
    ...(found.length > must ? [chip("warn", t("{number} 处提醒", { number: found.length - must }))] : []),
  ];
  renew(need("#counts"), ...(counts.length > 0 ? counts : [chip("ok", t("没有发现问题"))]));
  const rows = [...found].sort((a, b) => Number(b.must) - Number(a.must)).map((one) => row(one, mend));
  renew(need("#findings"), ...rows);
}
