// @ts-check
/** The booked session: when, how to change it, and the room while it is open. */
/** @import { Appointment, ProofingCase } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { alert, box, el, facts, h, link, loaded, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { changesBefore, closesAfter, inZone, lasts, opensBefore, ownZone, sessionTime } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

const lookEvery = 10_000; // milliseconds between two looks while the room is open; elsewhere the page does not ask

start(async () => {
  await signedIn();
  const c = /** @type {ProofingCase} */ (await call("GET", "/api/proofing"));
  loaded();
  if (!c.appointment) {
    show("none");
    return;
  }
  show("content");
  draw(c.appointment);
  onPress(el("cancel", HTMLButtonElement), box("change-problem"), async () => {
    await call("DELETE", "/api/proofing/appointment");
    location.assign("/proofing");
  });
  follow(c.appointment);
});

/** @param {Appointment} a */
const opens = (a) => Date.parse(a.starts_at) - opensBefore;
/** @param {Appointment} a */
const closes = (a) => Date.parse(a.starts_at) + lasts + closesAfter;

/** @param {Appointment} a */
function draw(a) {
  facts("facts", [["Time", sessionTime(a)], ["On this device's clock", a.zone === ownZone ? null : sessionTime({ ...a, zone: ownZone })], ["Length", "30 minutes at most"]]);
  const last = Date.parse(a.starts_at) - changesBefore;
  show("change", serverNow() < last);
  say("change-until", sessionTime({ zone: a.zone, starts_at: new Date(last).toISOString() }));
  room(a);
}

/** @param {Appointment} a */
function room(a) {
  const now = serverNow();
  const open = now >= opens(a) && now < closes(a);
  const place = box("room");
  const clock = inZone(a.zone, { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
  const wanted = open ? `${a.verification_word ?? ""} ${a.meeting_url ?? ""}` : now < opens(a) ? "before" : "after";
  if (place.dataset.shows === wanted) return; // said once
  place.dataset.shows = wanted;
  if (!open) {
    place.replaceChildren(now < opens(a) ? alert("info", "The room opens 10 minutes before the start", `Come back here at ${clock(new Date(opens(a)).toISOString())}.`)
      : alert("warning", "The room is closed", "If nobody met you, book again: it does not count against you."));
    if (now >= closes(a)) place.append(h("p", {}, link("/proofing", "See where your proofing stands")));
    return;
  }
  place.replaceChildren(alert("success", "The room is open", a.verification_word ? "An agent is waiting for you." : "An agent will be with you. This page goes on by itself."),
    ...(a.verification_word ? [h("p", {}, "The agent says this word first. If they do not, leave:"), h("p", { class: "word word--big" }, a.verification_word)] : []),
    ...(a.meeting_url ? [h("p", {}, h("a", { class: "usa-button usa-button--big", href: a.meeting_url, target: "_blank", rel: "noopener noreferrer" }, "Join the video call"))] : []));
}

/** Looks again while it matters. @param {Appointment} a */
function follow(a) {
  const look = async () => {
    const now = serverNow();
    if (!document.hidden && now >= opens(a) && now < closes(a)) {
      try {
        const c = /** @type {ProofingCase} */ (await call("GET", "/api/proofing"));
        if (!c.appointment || c.state !== "booked") {
          location.assign("/proofing"); // the session was concluded: the page of the case says how
          return;
        }
        a = c.appointment;
      } catch { /* only a look: the next one may work */ }
    }
    draw(a);
    setTimeout(() => void look(), lookEvery);
  };
  setTimeout(() => void look(), lookEvery);
}
