// @ts-check
/** How a person stands, for support: nothing here is a secret, and nothing is whole that should not be. */
/** @import { Person, PersonLimit, PersonOrder } from "./contract.js" */
import { serverNow } from "./api.js";
import { proofedHow } from "./credential.js";
import { alert, box, facts, h, say, show } from "./dom.js";
import { at, atTime, channelName, exactly, methodName, near, phoneName, productName, stateClass, stateName, strengthName } from "./format.js";
import { drawCodes } from "./support-codes.js";

const country = new Intl.DisplayNames(["en"], { type: "region" });
const many = 3; // keys of an order beyond these are folded

/** @param {Person} p */
export function drawState(p) {
  const { account, credential } = p;
  say("heading", `${account.given_name} ${account.family_name}`);
  document.title = `${account.given_name} ${account.family_name} | Phone OTP`;
  say("who", `${account.user_id}, ${account.email}`);
  box("flags").replaceChildren(...flags(p));
  show("credential-none", !credential);
  facts("credential", credential ? [
    ["State", tag(credential.state, stateName(credential.state))], ["Product", productName(credential.product)], ["Bought", exactly(credential.purchased_at)], ["Valid until", exactly(credential.expires_at)],
    ["Proofing", proofedHow(credential) || (credential.product.endsWith("-proofed") ? "Not passed" : "Not part of it")],
  ] : []);
  list("limits", p.limits.map((l) => limit(l)), "None");
  list("phones", p.phones.map((one) => `${phoneName(one)}, ${channelName(one.channel)}, ${country.of(one.country) ?? one.country}, added ${at(one.added_at)}`), "No phone is registered");
  drawCodes(p.codes);
  show("case-panel", p.case !== null);
  facts("case", p.case ? [
    ["State", caseState[p.case.state] ?? p.case.state], ["Tries left", String(p.case.attempts_left)], ["Video session", p.case.appointment ? exactly(p.case.appointment) : null], ["Opened", exactly(p.case.opened_at)],
  ] : []);
  facts("account", [
    ["User ID", account.user_id], ["Email", account.email], ["Email confirmed", account.confirmed_at ? exactly(account.confirmed_at) : "No"], ["Name", `${account.given_name} ${account.family_name}${account.name_locked ? " (locked by identity proofing)" : ""}`],
    ["Country", country.of(account.country) ?? account.country], ["Made", exactly(account.created_at)], ["Roles", account.roles.join(", ") || null],
  ]);
  box("orders").replaceChildren(...(p.orders.length ? p.orders.map(order) : [h("p", {}, "None was placed by this account.")]));
  list("sessions", p.sessions.map((s) => `${strengthName(s.strength)}: signed in ${at(s.signed_in_at)}, last used ${at(s.last_used_at)}${s.from ? `, from ${s.from}` : ""}`), "Not signed in");
}

/** What must not be missed. @param {Person} p */
function flags(p) {
  const found = [];
  if (p.credential?.state === "frozen") found.push(alert("warning", "The credential is frozen", "A change of phones was reported as not the holder\u2019s, or support froze it. The timeline says which, and why."));
  if (p.case?.flagged) found.push(alert("warning", "The identity proofing is flagged", "Somebody should look at it. Say nothing of this to the person."));
  for (const o of p.orders) if (o.held) found.push(alert("warning", `Order ${o.number} waits for a person`, `What was paid differs from what was ordered: ${o.held}.`));
  return found;
}

/** @param {string} state @param {string} name */
const tag = (state, name) => h("strong", { class: stateClass(state) }, name);

/** @param {string} id @param {Array<string | Node>} items @param {string} none */
function list(id, items, none) {
  box(id).replaceChildren(...(items.length ? items : [none]).map((text) => h("li", {}, text)));
}

/** @param {PersonLimit} l */
function limit(l) {
  const until = l.until ? near(l.until, serverNow()) : "";
  switch (l.rule) {
    case "codes-locked": return h("span", {}, h("strong", {}, `Codes are locked until ${until}`), `, after ${l.wrong ?? "too many"} wrong codes in a row.`);
    case "codes-off": return h("span", {}, h("strong", {}, "Codes are off until support unlocks them"), `, after ${l.wrong ?? "too many"} wrong codes in a row.`);
    case "next-text": return `The next text can be asked for ${atTime(Date.parse(l.until), serverNow())}.`;
    case "next-call": return `The next call can be asked for ${atTime(Date.parse(l.until), serverNow())}.`;
    case "sign-in": return h("span", {}, h("strong", {}, `Signing in as ${l.identifier} is locked until ${until}`), ", from everywhere, after too many wrong passwords.");
    case "sign-in-address": return h("span", {}, h("strong", {}, `Signing in as ${l.identifier} from ${l.from} is locked until ${until}`), ", after wrong passwords from there.");
    case "password-change": return h("span", {}, h("strong", {}, `Changing the password is locked until ${until}`), ", after wrong current passwords.");
    case "new-numbers": return h("span", {}, h("strong", {}, `No new number is taken until ${until}`), ", after too many that were not confirmed.");
    case "license-keys": return h("span", {}, h("strong", {}, `No license key is taken until ${until}`), ", after too many unknown ones.");
    case "activation-codes": return h("span", {}, h("strong", {}, `No activation code is taken until ${until}`), ", after too many tries.");
    case "confirmation-mails": return h("span", {}, h("strong", {}, `No mail to confirm the email address is sent until ${until}`), ", after too many.");
    case "reset-mails": return h("span", {}, h("strong", {}, `No mail to choose a new password is sent until ${until}`), ", after too many.");
    default: return /** @type {PersonLimit} */ (l).rule; // of a newer server
  }
}

/** @type {Record<string, string>} */
const caseState = {
  choose: "No method chosen yet", quiz: "Questions are open", video: "Live video only", booked: "Video session booked", approval: "A second agent decides about the name", fraud: "Fraud suspected; a second agent decides",
  ready: "Passed; the activation code is not entered yet", passed: "Passed", failed: "Failed", expired: "Expired", cancelled: "Cancelled",
};

/** @param {PersonOrder} o */
function order(o) {
  const keys = h("ul", { class: "desk__list" }, ...o.keys.map((k) => h("li", {}, h("span", {}, "Key ending ", h("code", {}, k.last4), ` `, tag(keyState(k.state), stateName(keyState(k.state))), h("span", { class: "keys__product" }, productName(k.product))))));
  const folded = o.keys.length > many ? h("details", { class: "fold" }, h("summary", {}, `${o.keys.length} keys`), keys) : keys;
  return h("div", { class: "desk__order" }, h("h3", {}, `${o.number} `, tag(o.state, stateName(o.state))), h("p", { class: "small" }, `${exactly(o.placed_at)}, ${o.total}, ${methodName(o.payment)}`), o.keys.length ? folded : h("p", { class: "small" }, "No keys were issued."));
}

/** A key's "registered" is not a credential's: it was entered. @param {string} state */
const keyState = (state) => (state === "registered" ? "entered" : state);
