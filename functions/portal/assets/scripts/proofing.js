// @ts-check
/** Where identity proofing stands; the name and the choice of a method come first. */
/** @import { Account, ProofingCase, Session } from "./contract.js" */
import { call } from "./api.js";
import { alert, box, el, h, link, loaded, say, show } from "./dom.js";
import { Incomplete, onSubmit } from "./form.js";
import { attempts, sessionTime } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  const c = /** @type {ProofingCase} */ (await call("GET", "/api/proofing"));
  const account = c.state === "choose" || c.state === "video-only" ? /** @type {Account} */ (await call("GET", "/api/account")) : null;
  loaded();
  if (account) return choose(c, account);
  show("status");
  box("status-body").append(...status(c, s));
});

/** @param {ProofingCase} c @param {Account} account */
function choose(c, account) {
  show("choose");
  const instant = c.methods.includes("instant");
  show("method-instant-item", instant);
  show("video-only", !instant);
  el("method-video", HTMLInputElement).checked = !instant;
  show("left", c.attempts_left < 3);
  say("left-text", attempts(c.attempts_left));
  name(account);
  onSubmit(el("form", HTMLFormElement), async ({ method }) => {
    if (!method) throw new Incomplete([{ pointer: "/method", detail: "Choose a method" }]);
    location.assign(method === "instant" ? "/proofing/instant" : "/proofing/booking");
  });
}

/** The name, and a form that corrects it. @param {Account} account */
function name(account) {
  const correct = el("correct", HTMLButtonElement);
  const form = el("name-form", HTMLFormElement);
  /** @param {Account} a */
  const fill = (a) => {
    say("name", `${a.given_name} ${a.family_name}`);
    el("given_name", HTMLInputElement).value = a.given_name;
    el("family_name", HTMLInputElement).value = a.family_name;
  };
  fill(account);
  correct.addEventListener("click", () => {
    form.hidden = !form.hidden;
    correct.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) el("given_name", HTMLInputElement).focus();
  });
  onSubmit(form, async (values) => {
    fill(await call("PATCH", "/api/account", values));
    form.hidden = true;
    correct.setAttribute("aria-expanded", "false");
    say("said", "The name is saved.");
    correct.focus();
  });
}

/** @param {ProofingCase} c @param {Session} s @returns {HTMLElement[]} */
function status(c, s) {
  switch (c.state) {
    case "quiz": return [alert("warning", "Your questions are open", "You asked for questions and did not answer them. Asking again replaces them and counts once; when their five minutes are over, they count as a failed try."),
      h("p", {}, link("/proofing/instant", "Ask again", "usa-button"), " "), h("p", {}, link("/proofing/booking", "Use video instead"), c.attempts_left === 1 ? "" : ": the questions then count as a failed try at once.")];
    case "booked": return [alert("info", "Your video session is booked", c.appointment ? sessionTime(c.appointment) : ""), h("p", {}, link("/proofing/appointment", "To your video session", "usa-button"))];
    case "in-review": return [alert("info", "In review", "Your video session is over and a second person looks at it. You hear from us by mail; there is nothing to do until then.")];
    case "passed": return passed(c, s.next);
    case "failed": return [alert("error", "We could not verify you", "All tries are used up and the license key is void. A new subscription must be bought to try again."), h("p", {}, link("/store", "Get 2FA", "usa-button")), h("p", {}, link("/help/contact", "Contact support"))];
    case "expired": return [alert("warning", "This proofing has expired", "Nothing happened for 30 days. Enter your license key again to go on."), h("p", {}, link("/redeem", "Enter a license key", "usa-button"))];
    case "cancelled": return cancelled(s.credential?.state === "proofing");
    default: throw new Error(`a state that this page does not know: ${c.state}`);
  }
}

/** Cancelled by support, or because the key has ended, as by a refund. @param {boolean} alive the key still works @returns {HTMLElement[]} */
function cancelled(alive) {
  const support = link("/help/contact", "Contact support");
  if (!alive) return [alert("warning", "This proofing was cancelled", "The license key that began it has ended. Anything that was booked has been given back."), h("p", {}, link("/store", "Get 2FA", "usa-button")), h("p", {}, support)];
  return [alert("warning", "This proofing was cancelled", "Support has cancelled it. Anything that was booked has been given back. Your license key still works: enter it again to begin anew. Tries that failed stay counted."),
    h("p", {}, link("/redeem", "Enter a license key", "usa-button")), h("p", {}, support)];
}

/** @param {ProofingCase} c @param {string} next */
function passed(c, next) {
  if (c.activation_code_needed) return [alert("success", "Your video session is over", "The agent read out an activation code. Enter it to go on."), h("p", {}, link("/proofing/activation", "Enter the activation code", "usa-button")), h("p", {}, link("/proofing/booking", "I have lost the code, book another session"))];
  return [alert("success", "Your identity is proofed", next === "register-phone" ? "Register a phone to activate the credential." : ""),
    h("p", {}, next === "register-phone" ? link("/phones/register", "Register Your Phone", "usa-button") : link("/dashboard", "Go to the dashboard", "usa-button"))];
}
