// The pad: the whole screen, draw the name, undo a stroke; never “too simple”.
import { make } from "../dom";
import { t } from "../words";
import type { Strokes } from "./ceremony";

export function drawName(name: string): Promise<Strokes | null> {
  return new Promise((resolve) => {
    const strokes: Strokes = [];
    const canvas = make("canvas", { id: "pad", "aria-label": t("在这里写您的名字：{name}", { name }) });
    const done = make("button", { type: "button", class: "btn main big", id: "pad-done" }, t("签好了，交上去"));
    const undo = make("button", { type: "button", class: "btn" }, t("擦掉一笔"));
    const back = make("button", { type: "button", class: "btn plain" }, t("先不签"));
    done.disabled = true;
    const dialog = make("dialog", { class: "padpage phone wide" },
      make("h2", {}, t("请写您的名字：{name}", { name })), make("div", { class: "pad" }, canvas), make("div", { class: "row wrap" }, undo, back, done));
    document.body.append(dialog);
    dialog.showModal();
    const box = canvas.getBoundingClientRect();
    canvas.width = Math.max(300, box.width) * 2;
    canvas.height = Math.max(300, Math.min(box.width, innerHeight * 0.6)) * 2;
    const context = canvas.getContext("2d");
    const draw = (): void => {
      if (!context) return;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.lineWidth = 10;
      context.lineCap = context.lineJoin = "round";
      for (const stroke of strokes) {
        context.beginPath();
        for (const [x, y] of stroke) context.lineTo(x * canvas.width, y * canvas.height);
        context.stroke();
      }
      done.disabled = strokes.length === 0;
    };
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
      draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      strokes.at(-1)?.push(point(event));
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drawing = false));
    const close = (answer: Strokes | null): void => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    undo.addEventListener("click", () => {
      strokes.pop();
      draw();
    });
    back.addEventListener("click", () => close(null));
    done.addEventListener("click", () => close(strokes));
    dialog.addEventListener("cancel", () => close(null));
  });
}
