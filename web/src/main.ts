// On every page: reading aloud, live regions, one click a form.
import { attachLive } from "./live";
import { attachSpeech } from "./speech";

attachSpeech();
attachLive();
for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      if (!button.name) button.setAttribute("aria-busy", "true");
    }
  });
}
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});
