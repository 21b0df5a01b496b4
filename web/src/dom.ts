// Small ways with the page: find, make, announce, report an error beside the button.

export function need<T extends Element>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Make an element: make("li", {class: "wait"}, "text", child). Text is always text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name: string): SVGSVGElement {
  const sprite = document.querySelector<HTMLMetaElement>("meta[name=sprite]")?.content ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
}

/** Say something to a screen reader and to the eye, in the page's one live region. */
export function say(text: string): void {
  const region = document.querySelector("#live");
  if (region) region.textContent = text;
}

export function showError(text: string): void {
  const place = document.querySelector<HTMLElement>("#error");
  if (!place) return;
  place.hidden = text === "";
  place.textContent = text;
  if (text) place.scrollIntoView({ block: "nearest" });
}

/** Make a button that does this. */
export function button(words: string, cls: string, work: () => unknown): HTMLButtonElement {
  const made = make("button", { type: "button", class: cls }, words);
  act(made, () => Promise.resolve(work()));
  return made;
}

/** Lay a dialog over the page; returns how it is taken away. */
export function lay(dialog: HTMLDialogElement): () => void {
  document.body.append(dialog);
  dialog.showModal();
  return () => {
    dialog.close();
    dialog.remove();
  };
}

const works = new WeakMap<Element, () => Promise<unknown>>();

/** Run an act of a button: busy while it runs, its error in words beside it, never twice at once. */
export function act(button: HTMLButtonElement, work: () => Promise<unknown>): void {
  works.set(button, work);
  button.addEventListener("click", () => {
    const now = works.get(button); // looked up at the press: a button that stays may have got other work since
    if (!now || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    showError("");
    now()
      .catch((error: unknown) => showError(error instanceof Error ? error.message : String(error)))
      .finally(() => button.removeAttribute("aria-busy"));
  });
}

/** A button that stays on the page does from now on what its new drawing would do. */
export function inherit(kept: Element, fresh: Element): void {
  const work = works.get(fresh);
  if (work && works.has(kept)) works.set(kept, work);
}
