// @ts-check
/** Register Your Phone: number, code, confirmation. With ?replaces= another number takes the place of a registered one. */
/** @import { Challenge, Phone, Phones, PhoneVerified, Session } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { CodePanel } from "./challenge.js";
import { mostPhones, recommended } from "./credential.js";
import { arriveAt, box, el, h, link, loaded, say, show } from "./dom.js";
import { Incomplete, onSubmit, wayOn } from "./form.js";
import { phoneName } from "./format.js";
import { unchangeable } from "./phone-list.js";
import { identify, signedIn, start } from "./shell.js";

const open = "phoneotp.enrolment"; // the challenge's id and what it is for, so that a reload finds the code field again; not a secret
const replaces = new URLSearchParams(location.search).get("replaces") ?? "";

start(async () => {
  const s = await signedIn();
  loaded();
  const active = s.credential?.state === "active";
  show("steps", !active); // they are the way to a first phone
  show("crumb", active);
  const old = s.phones.find((p) => p.id === replaces);
  if (replaces) replacing(old);
  const shut = reason(s, old);
  if (shut) {
    box("problem").append(h("p", { class: "usa-intro" }, shut[0]), h("p", {}, shut[1]));
    return;
  }
  let texts = true;
  const panel = /** @type {CodePanel<PhoneVerified>} */ (new CodePanel({ verify: "/api/phones/verify", texts: () => texts, verified: (answer) => void verified(answer, panel, old) }));
  const form = el("form", HTMLFormElement);
  onSubmit(form, async (values) => {
    texts = values.channel === "sms";
    const challenge = await send(old ? { ...values, replaces: old.id } : values);
    sessionStorage.setItem(open, JSON.stringify({ id: challenge.challenge_id, replaces }));
    enter(panel, challenge);
  });
  el("change-phone", HTMLButtonElement).addEventListener("click", () => {
    panel.hide();
    ask();
  });
  el("another", HTMLButtonElement).addEventListener("click", () => {
    show("done", false);
    form.reset();
    say("heading", "Register Your Phone");
    ask();
  });
  const challenge = await find();
  if (challenge) {
    texts = challenge.phone.channel === "sms";
    enter(panel, challenge);
  } else show("ask");
});

/** @param {Phone | undefined} old */
function replacing(old) {
  say("heading", "Replace a phone");
  document.title = "Replace a phone | Phone OTP";
  if (!old) return;
  say("ask-intro", `Enter the number that takes the place of the phone ending ${old.ending}. The old one keeps receiving codes until you have confirmed the new one.`);
  show("another-item", false);
}

/** Why no number can be taken now, and what helps; null when one can. @param {Session} s @param {Phone | undefined} old @returns {[string, HTMLElement] | null} */
function reason(s, old) {
  const c = s.credential;
  if (c && unchangeable(c.state)) return [unchangeable(c.state), c.state === "expired" ? link("/account/otp", "Manage OTP") : link("/help/contact", "Contact support")];
  if (s.next === "prove") return ["Your identity has to be proofed before you register a phone.", wayOn("prove") ?? link("/dashboard", "Go to the dashboard")];
  if (!c || s.next === "redeem") return ["Enter a license key first; then you can register your phone.", wayOn("redeem") ?? link("/dashboard", "Go to the dashboard")];
  if (replaces && !old) return ["The phone that you want to replace is not registered any more.", link("/account/otp", "Manage OTP")];
  if (!replaces && s.phones.length >= mostPhones) return ["Three phones are registered, which is the most. Replace or remove one.", link("/account/otp", "Manage OTP")];
  if (c.state === "active" && s.strength === "password") {
    const elevate = /** @type {HTMLElement} */ (wayOn("elevate")); // it comes back here
    elevate.className = "usa-button elevate";
    return ["Phones can be changed only after signing in with a code, so that nobody who merely knows your password can change them.", elevate];
  }
  return null;
}

/** @param {Record<string, string>} values @returns {Promise<Challenge>} */
async function send(values) {
  try {
    return await call("POST", "/api/phones", values);
  } catch (failure) {
    if (!(failure instanceof Refusal && failure.document.errors?.some((e) => e.pointer.endsWith("/replaces")))) throw failure;
    throw new Incomplete([{ pointer: "", detail: "The phone that you want to replace is not registered any more. Look at your phones in Manage OTP." }]);
  }
}

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

/** The open challenge of the very same act, if there is one. @returns {Promise<Challenge | null>} */
async function find() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(open) ?? "null");
    if (!kept || kept.replaces !== replaces) return null;
    const c = /** @type {Challenge} */ (await call("GET", `/api/otp/challenges/${encodeURIComponent(kept.id)}`));
    return c.tries_left > 0 ? c : null;
  } catch (failure) {
    if (failure instanceof Refusal || failure instanceof SyntaxError) return null;
    throw failure;
  }
}

/** @param {PhoneVerified} answer @param {CodePanel<PhoneVerified>} panel @param {Phone | undefined} old */
async function verified(answer, panel, old) {
  sessionStorage.removeItem(open);
  panel.hide();
  show("change", false);
  identify(answer.session);
  say("heading", old ? "Phone replaced" : "Phone registered");
  say("done-heading", old ? "Your phone is replaced" : "Your phone is registered");
  say("done-text", old ? `${phoneName(answer.phone)} now receives your codes. The phone ending ${old.ending} does not any more. We have told you by mail and your other phones by text.`
    : `${phoneName(answer.phone)} now receives your codes. Your credential strength is Phone OTP, so protected applications are open to you.`);
  show("to-otp", Boolean(old));
  arriveAt("done");
  if (old) return;
  const { phones } = /** @type {Phones} */ (await call("GET", "/api/phones"));
  show("another-item", phones.length < mostPhones);
  box("done-more").replaceChildren(h("p", {}, phones.length < recommended ? "Add a second phone now: with one only, losing it locks you out." : `${phones.length} of ${mostPhones} phones are registered.`));
}
