// The pad: the whole screen, the name downwards in squares, a stroke taken back; never “too simple”.
import { icon, make } from "../dom";
import { t } from "../words";
import type { Strokes } from "./ceremony";
import { sideBySide, squares } from "./squares";

interface Sheet {
  place: HTMLElement;
  strokes: Strokes;
  redraw: () => void;
  /** Take the last strokes away. */
  take: (count: number) => void;
}

/** A column of squares with the next character in grey, and the ink over it. */
function sheet(name: string, changed: () => void): Sheet {
  const cells = squares(name).map((character) => make("div", { class: "cell", "aria-hidden": "true" }, make("i", {}, character)));
  const canvas = make("canvas", { id: "pad", role: "img", "aria-label": t("在这里写您的名字：{name}", { name }) });
  const place = make("div", { class: "pad" }, ...cells, canvas);
  const strokes: Strokes = [];
  const redraw = (): void => {
    canvas.width = canvas.clientWidth * devicePixelRatio;
    canvas.height = canvas.clientHeight * devicePixelRatio;
    const context = canvas.getContext("2d");
    if (context) ink(context, strokes);
    const written = new Set(strokes.map((stroke) => Math.floor(((stroke[0]?.[1] ?? 0) + (stroke.at(-1)?.[1] ?? 0)) / 2 * cells.length)));
    cells.forEach((cell, index) => cell.classList.toggle("written", written.has(index)));
    changed();
  };
  follow(canvas, strokes, redraw);
  const take = (count: number): void => {
    strokes.splice(Math.max(0, strokes.length - count));
    redraw();
  };
  return { place, strokes, redraw, take };
}

function ink(context: CanvasRenderingContext2D, strokes: Strokes): void {
  const { width, height } = context.canvas;
  context.lineWidth = Math.max(6, width / 50);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = "#111";
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of stroke) context.lineTo(x * width, y * height);
    const [x, y] = stroke[0] ?? [0, 0];
    if (stroke.length === 1) context.arc(x * width, y * height, context.lineWidth / 2, 0, 7);
    context.stroke();
  }
}

function follow(canvas: HTMLCanvasElement, strokes: Strokes, redraw: () => void): void {
  const point = (event: PointerEvent): [number, number] => {
    const area = canvas.getBoundingClientRect();
    const clamp = (value: number): number => Math.min(1, Math.max(0, value));
    return [clamp((event.clientX - area.left) / area.width), clamp((event.clientY - area.top) / area.height)];
  };
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    strokes.push([point(event)]);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    strokes.at(-1)?.push(point(event));
    redraw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drawing = false));
}

/** Ask for the drawn name; null when the person would rather not. */
export function drawName(name: string): Promise<Strokes | null> {
  return new Promise((resolve) => {
    const agree = make("input", { type: "checkbox", id: "pad-agree" });
    const done = make("button", { type: "button", class: "btn main big wide", id: "pad-done" }, t("签好了，交上去"));
    const why = make("p", { class: "why-not center", role: "status" });
    const drawn = sheet(name, () => update());
    const update = (): void => {
      done.disabled = drawn.strokes.length === 0 || !agree.checked;
      why.textContent = drawn.strokes.length === 0 ? t("先在上面写您的名字") : agree.checked ? t("签名的钥匙只在您这台设备里，用完就毁") : t("再点上面这一句，表示是您自己签的");
    };
    const tool = (words: string, image: SVGSVGElement, work: () => void): HTMLButtonElement => {
      const made = make("button", { type: "button", class: "btn grow" }, image, words);
      made.addEventListener("click", work);
      return made;
    };
    const undo = tool(t("退一笔"), icon("undo-2"), () => drawn.take(1));
    const wipe = tool(t("全擦掉"), icon("eraser"), () => drawn.take(drawn.strokes.length));
    const back = make("button", { type: "button", class: "tool" }, icon("chevron-left"), t("先不签，返回"));
    const title = make("h2", { id: "pad-title" }, squares(name).length > 1 ? t("从上往下，写您的名字：{name}", { name }) : t("请写您的名字：{name}", { name }));
    const consent = make("label", { class: "check" }, agree, make("span", {}, t("我看完了这份文书，同意，是我自己签的")));
    const dialog = make("dialog", { class: "padpage phone", "aria-labelledby": "pad-title" }, make("header", { class: "phone-head" }, back),
      make("div", { class: "padmain" }, title, drawn.place, make("div", { class: "row" }, undo, wipe)), make("footer", { class: "phone-foot" }, consent, done, why));
    const close = (answer: Strokes | null): void => {
      removeEventListener("resize", drawn.redraw);
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    agree.addEventListener("change", update);
    back.addEventListener("click", () => close(null));
    done.addEventListener("click", () => {
      const { clientWidth, clientHeight, children } = drawn.place;
      const count = children.length - 1;
      close(sideBySide(drawn.strokes, count, clientWidth / (clientHeight / count)));
    });
    dialog.addEventListener("cancel", () => close(null));
    addEventListener("resize", drawn.redraw);
    document.body.append(dialog);
    dialog.showModal();
    drawn.redraw();
  });
}
