// News are shown in place. What is still right stays the same element: a press begun before the news ends as a click
// after it, the focus stays where it is, what is being filled in or read on stays as it is.
import { inherit } from "./dom";

const FIELDS = "input, textarea";
const SENT = "input[type=hidden]:not([name=csrf])";
/** What the person or a running act has set, not the drawing: it stays. */
const THEIRS: Record<string, string> = { BUTTON: "aria-busy", DETAILS: "open", DIALOG: "open" };

/** Show these in place of what is there. */
export function renew(place: ParentNode & Node, ...fresh: (Node | string)[]): void {
  const wanted = fresh.map((each) => (typeof each === "string" ? document.createTextNode(each) : each));
  const old = [...place.childNodes];
  const partners = pair(old, wanted);
  const kept = new Set(partners.values());
  const staying = steady(wanted.flatMap((each) => partners.get(each) ?? []), old);
  for (const each of old) if (!kept.has(each) && !written(each)) each.remove();
  let after: Node | null = null;
  for (const each of wanted.map((one) => partners.get(one) ?? one).reverse()) {
    if (!staying.has(each)) place.insertBefore(each, after);
    after = each;
  }
  for (const [each, partner] of partners) correct(partner, each);
}

/** Which old node is which new one: the very same first, then the same thing said differently. */
function pair(old: ChildNode[], wanted: Node[]): Map<Node, ChildNode> {
  const found = new Map<Node, ChildNode>();
  const free = new Map<string, ChildNode[]>();
  for (const each of old) free.set(thing(each), [...(free.get(thing(each)) ?? []), each]);
  for (const same of [(a: Node, b: Node) => a.isEqualNode(b), () => true]) {
    for (const each of wanted) {
      const likely = free.get(thing(each)) ?? [];
      const index = found.has(each) ? -1 : likely.findIndex((one) => same(one, each));
      const [partner] = index < 0 ? [] : likely.splice(index, 1);
      if (partner) found.set(each, partner);
    }
  }
  return found;
}

/**
 * What a node stands for. A button, a link, a form that would do something else is another one: who has begun to press
 * the one must not do the other.
 */
function thing(node: Node): string {
  if (!(node instanceof Element)) return String(node.nodeType);
  const says = (name: string): string => node.getAttribute(name) ?? "";
  const key = [...node.attributes].find(({ name }) => name === "id" || name === "name" || name.startsWith("data-"));
  const own = [node.tagName, key ? `${key.name}=${key.value}` : "", says("type")];
  if (node.matches("a")) own.push(says("href"));
  if (node.matches("button, option, [type=radio], [type=checkbox]")) own.push(says("value"), says("formaction"), node.textContent);
  if (node.matches("form")) own.push(says("action"), ...[...node.querySelectorAll(SENT)].map((one) => one.outerHTML));
  return own.join("\n");
}

/** Which of the kept nodes stay where they are: the most that are in order, and first of all where the person is. */
function steady(kept: Node[], old: Node[]): Set<Node> {
  const here = document.activeElement;
  const pressed = [...document.querySelectorAll(":active")].at(-1) ?? null;
  const best = kept.map((each) => ({ weight: each.contains(here) || each.contains(pressed) ? old.length : 1, before: -1 }));
  const places = kept.map((each) => old.indexOf(each));
  let last = -1;
  best.forEach((one, index) => {
    const own = one.weight;
    for (let other = 0; other < index; other += 1) {
      const weight = own + (best[other]?.weight ?? 0);
      if ((places[other] ?? 0) < (places[index] ?? 0) && weight > one.weight) Object.assign(one, { weight, before: other });
    }
    if (last < 0 || one.weight > (best[last]?.weight ?? 0)) last = index;
  });
  const staying = new Set<Node>();
  for (; last >= 0; last = best[last]?.before ?? -1) staying.add(kept[last] as Node);
  return staying;
}

/** Words that somebody has written and not yet sent are never thrown away. */
function written(node: Node): boolean {
  if (!(node instanceof Element)) return false;
  const fields = [...(node.matches(FIELDS) ? [node] : []), ...node.querySelectorAll(FIELDS)] as (HTMLInputElement | HTMLTextAreaElement)[];
  return fields.some((field) => field.value !== field.defaultValue);
}

/** Let a kept node say and do what its new drawing would. */
function correct(kept: Node, fresh: Node): void {
  if (!(kept instanceof Element) || !(fresh instanceof Element)) {
    if (kept.nodeValue !== fresh.nodeValue) kept.nodeValue = fresh.nodeValue;
    return;
  }
  const theirs = THEIRS[kept.tagName];
  for (const { name } of [...kept.attributes]) if (name !== theirs && !fresh.hasAttribute(name)) kept.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (name !== theirs && kept.getAttribute(name) !== value) kept.setAttribute(name, value);
  inherit(kept, fresh);
  renew(kept, ...fresh.childNodes);
}
