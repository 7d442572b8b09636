// @ts-check
/** Booking a video session, or moving it: free half hours in the holder's own zone. */
/** @import { ProofingCase, Slot, Slots } from "./contract.js" */
import { call, Refusal, serverNow } from "./api.js";
import { box, el, h, loaded, say, show } from "./dom.js";
import { Incomplete, onSubmit, showFailure } from "./form.js";
import { attempts, consent, consentText, dateIn, inZone, nameToConfirm, ownZone, sessionTime } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

const ahead = 28 * 86_400_000; // milliseconds: slots are offered up to 28 days ahead (product.md 4)
const lookEvery = 5_000; // milliseconds between two looks at a quiz that is the last try
/** @type {Slot[]} */
let slots = [];

start(async () => {
  await signedIn();
  const c = await afterQuiz();
  if (!c.methods.includes("video") && !c.appointment && !c.activation_code_needed) {
    location.replace("/proofing");
    return;
  }
  show("leaves", c.state === "quiz");
  say("leaves-text", c.state === "quiz" ? `After that, ${attempts(c.attempts_left - 1).replace(/^O/, "o")}` : "");
  const moves = c.appointment;
  zones(moves?.zone ?? ownZone);
  await nameToConfirm();
  await fetchSlots();
  loaded();
  show("content");
  if (moves) {
    say("heading", "Move your video session");
    document.title = "Move your video session | Phone OTP";
    say("intro", `It is booked for ${sessionTime(moves)}. Choose another time; the old one is given back.`);
    say("book", "Move to this time");
  } else {
    consentText(c);
    show("first-time");
  }
  el("day", HTMLSelectElement).addEventListener("change", times);
  const form = el("form", HTMLFormElement);
  el("zone", HTMLSelectElement).addEventListener("change", () => {
    box("times").replaceChildren(); // a time that is chosen while new ones are on their way would be lost
    void fetchSlots().catch((failure) => showFailure(form, failure));
  });
  onSubmit(form, async (values) => {
    if (!values.starts_at) throw new Incomplete([{ pointer: "/starts_at", detail: "Choose a time" }]);
    try {
      await (moves ? call("PUT", "/api/proofing/appointment", { starts_at: values.starts_at })
        : call("POST", "/api/proofing/appointment", { starts_at: values.starts_at, zone: values.zone, consent: consent(c), name_confirmed: true }));
    } catch (failure) {
      if (failure instanceof Refusal && failure.document.slots) {
        draw(failure.document.slots);
        throw new Incomplete([{ pointer: "/starts_at", detail: "Somebody has just taken that time. Choose another one" }]);
      }
      throw failure;
    }
    location.assign("/proofing/appointment");
  });
});

/** The case, once no quiz is open that would be the last failure: the server books none before. @returns {Promise<ProofingCase>} */
async function afterQuiz() {
  for (;;) {
    const c = /** @type {ProofingCase} */ (await call("GET", "/api/proofing"));
    const waits = c.state === "quiz" && c.attempts_left === 1;
    show("waits", waits);
    if (!waits) return c;
    loaded();
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
  }
}

/** @param {string} chosen */
function zones(chosen) {
  const known = Intl.supportedValuesOf("timeZone");
  const all = known.includes(chosen) ? known : [chosen, ...known];
  const select = el("zone", HTMLSelectElement);
  select.append(...all.map((zone) => h("option", { value: zone }, zone.replaceAll("_", " "))));
  select.value = chosen;
}

const zone = () => el("zone", HTMLSelectElement).value;

async function fetchSlots() {
  const query = new URLSearchParams({ from: dateIn(zone(), serverNow()), to: dateIn(zone(), serverNow() + ahead), zone: zone() });
  draw(/** @type {Slots} */ (await call("GET", `/api/proofing/slots?${query}`)).slots);
}

/** Days that have a free half hour, in this zone. @param {Slot[]} free */
function draw(free) {
  slots = free;
  const long = inZone(zone(), { weekday: "long", month: "long", day: "numeric" });
  const select = el("day", HTMLSelectElement);
  const before = select.value;
  const days = new Map(slots.map((s) => [dateIn(zone(), Date.parse(s.starts_at)), long(s.starts_at)]));
  select.replaceChildren(...[...days].map(([value, name]) => h("option", { value }, name)));
  if (days.has(before)) select.value = before;
  show("none", days.size === 0);
  times();
}

/** The chosen day's half hours. */
function times() {
  const day = el("day", HTMLSelectElement).value;
  const clock = inZone(zone(), { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
  const here = slots.filter((s) => dateIn(zone(), Date.parse(s.starts_at)) === day);
  box("times").replaceChildren(...here.map((s, i) => h("div", { class: "usa-radio times__item" },
    h("input", { class: "usa-radio__input usa-radio__input--tile", type: "radio", name: "starts_at", value: s.starts_at, id: `time-${i}` }), h("label", { class: "usa-radio__label", for: `time-${i}` }, clock(s.starts_at)))));
  say("said", here.length ? `${here.length} free times on this day.` : "");
}
