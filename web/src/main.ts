// On every page: reading aloud, live regions, one click a form.
import { attachLive } from "./live";
import { attachSpeech } from "./speech";

attachSpeech();
attachLive();
// Forms come with the news too, so the page listens, not each form.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (!form.matches("[method=post]")) return;
  for (const button of form.querySelectorAll("button")) {
    if (!button.name) button.setAttribute("aria-busy", "true");
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});
