// @ts-check
/** Register Your Phone: number, code, confirmation. */
/** @import { Challenge, Phones, PhoneVerified } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { CodePanel } from "./challenge.js";
import { mostPhones, recommended } from "./credential.js";
import { arriveAt, box, el, h, link, loaded, say, show } from "./dom.js";
import { onSubmit, wayOn } from "./form.js";
import { phoneName } from "./format.js";
import { identify, signedIn, start } from "./shell.js";

const open = "phoneotp.enrolment"; // the challenge's id, so that a reload finds the code field again; not a secret

start(async () => {
  const s = await signedIn();
  loaded();
  if (s.next === "redeem" || !s.credential || s.next === "prove") return notYet(s.next === "prove" ? "prove" : "redeem");
  let texts = true;
  const panel = /** @type {CodePanel<PhoneVerified>} */ (new CodePanel({ verify: "/api/phones/verify", texts: () => texts, verified: (answer) => void verified(answer, panel) }));
  const form = el("form", HTMLFormElement);
  onSubmit(form, async (values) => {
    texts = values.channel === "sms";
    const challenge = /** @type {Challenge} */ (await call("POST", "/api/phones", values));
    sessionStorage.setItem(open, challenge.challenge_id);
    enter(panel, challenge);
  });
  el("change-phone", HTMLButtonElement).addEventListener("click", () => {
    panel.hide();
    ask();
  });
  el("another", HTMLButtonElement).addEventListener("click", () => {
    show("done", false);
    form.reset();
    ask();
  });
  const kept = sessionStorage.getItem(open);
  const challenge = kept ? await find(kept) : null;
  if (challenge) {
    texts = challenge.phone.channel === "sms";
    enter(panel, challenge);
  } else show("ask");
});

function ask() {
  sessionStorage.removeItem(open);
  show("change", false);
  show("ask");
  el("channel-sms", HTMLInputElement).focus();
}

/** @param {CodePanel<PhoneVerified>} panel @param {Challenge} challenge */
function enter(panel, challenge) {
  show("ask", false);
  show("change");
  panel.show(challenge);
}

/** @param {string} id @returns {Promise<Challenge | null>} */
async function find(id) {
  try {
    const c = /** @type {Challenge} */ (await call("GET", `/api/otp/challenges/${encodeURIComponent(id)}`));
    return c.tries_left > 0 ? c : null;
  } catch (failure) {
    if (failure instanceof Refusal) return null;
    throw failure;
  }
}

/** @param {PhoneVerified} answer @param {CodePanel<PhoneVerified>} panel */
async function verified(answer, panel) {
  sessionStorage.removeItem(open);
  panel.hide();
  show("change", false);
  identify(answer.session);
  say("heading", "Phone registered");
  say("done-text", `${phoneName(answer.phone)} now receives your codes. Your credential strength is Phone OTP, so protected applications are open to you.`);
  arriveAt("done");
  const { phones } = /** @type {Phones} */ (await call("GET", "/api/phones"));
  show("another-item", phones.length < mostPhones);
  box("done-more").replaceChildren(h("p", {}, phones.length < recommended ? "Add a second phone now: with one only, losing it locks you out." : `${phones.length} of ${mostPhones} phones are registered.`));
}

/** @param {"prove" | "redeem"} next */
function notYet(next) {
  box("problem").append(h("p", { class: "usa-intro" }, next === "prove" ? "Your identity has to be proofed before you register a phone." : "Enter a license key first; then you can register your phone."),
    h("p", {}, wayOn(next) ?? link("/dashboard", "Go to the dashboard")));
}
