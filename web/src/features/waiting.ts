// The waiting room: as soon as the mediator lets the person in, the page goes on by itself.
import { watch } from "../live";
import { Meeting } from "../room/state";
import { need } from "../dom";
import { inTurn } from "../turns";

const root = need<HTMLElement>("[data-meeting]");
const meeting = new Meeting(root.dataset["meeting"] ?? "");

const look = inTurn(async () => {
  const state = await meeting.state();
  if (state.phase === "ended") location.href = `/meetings/${meeting.id}`;
  else if (state.room) {
    if ("vibrate" in navigator) navigator.vibrate(300);
    location.href = `/meetings/${meeting.id}/room`;
  } else need("#why").textContent = state.why;
});

watch([`meeting:${meeting.id}`], () => void look().catch(() => undefined));
setInterval(() => void look().catch(() => undefined), 15_000);
await look().catch(() => undefined); // asked again soon
