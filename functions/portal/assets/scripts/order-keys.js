// @ts-check
/** The license keys of an order: shown while they may be, copied, taken along as a file, mailed again. */
/** @import { Order, Session } from "./contract.js" */
import { call } from "./api.js";
import { mayElevate } from "./credential.js";
import { csv, download } from "./csv.js";
import { box, el, h, link, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { productName, stateClass, stateName } from "./format.js";

/** @typedef {Order["keys"][number]} Key */

/** The two buttons below the keys. @param {string} path @param {() => Order} order */
export function keyButtons(path, order) {
  onPress(el("resend", HTMLButtonElement), box("keys-problem"), async () => {
    say("resent", "");
    await call("POST", `${path}/keys/resend`);
    say("resent", "The mail is on its way to the address of your account.");
  });
  el("csv", HTMLButtonElement).addEventListener("click", () => {
    download(`${order().number}-license-keys.csv`, keysFile(order()));
    say("said", "The file has been handed to your browser.");
  });
}

/** @param {Session} s @param {Order} o */
export function drawKeys(s, o) {
  show("keys", o.keys.length > 0);
  if (!o.keys.length) return;
  const free = o.keys.filter((k) => k.state === "issued");
  const hidden = free.some((k) => !k.license_key);
  show("keys-weak", hidden);
  if (hidden) weak(s);
  say("resend", o.keys.length === 1 ? "Send the mail with the key again" : "Send the mail with the link to this page again");
  show("resend-part", free.length > 0);
  show("key-buttons", free.length > 0);
  show("keys-help", free.length > 0);
  show("csv-part", o.keys.length > 1 && free.length > 0 && !hidden);
  box("keys-list").replaceChildren(...o.keys.map((k, i) => row(k, i, o.lines.length > 1)));
}

/** @param {Key} k @param {number} i @param {boolean} mixed its product has to be named */
function row(k, i, mixed) {
  const key = k.license_key ? h("code", { class: "keys__key" }, k.license_key) : h("span", {}, why(k));
  return h("tr", {}, h("th", { scope: "row" }, String(i + 1)), h("td", { "data-label": "License key" }, key, mixed ? h("span", { class: "keys__product" }, productName(k.product)) : null), h("td", { "data-label": "Ends in", class: k.license_key ? "keys__end" : undefined }, h("code", {}, k.last4)),
    h("td", { "data-label": "State" }, h("strong", { class: stateClass(k.state === "registered" ? "entered" : k.state) }, stateName(k.state === "registered" ? "entered" : k.state))),
    h("td", {}, k.license_key ? copy(k.license_key, k.last4) : null));
}

/** Why a key is not shown. @param {Key} k */
function why(k) {
  return { issued: "Hidden at password strength", registered: "Entered by its user", activated: "Entered by its user", suspended: "Waits for the bank", void: "Does not work any more" }[k.state];
}

/** What stands between a holder and the first code. @type {Record<string, [string, string] | undefined>} */
const steps = { prove: ["/proofing", "Prove your identity"], "register-phone": ["/phones/register", "Register Your Phone"] };

/** A holder's keys need a code first, or the phone to send it to. @param {Session} s */
function weak(s) {
  const elevate = el("keys-elevate", HTMLAnchorElement);
  const may = mayElevate(s);
  elevate.hidden = !may;
  elevate.href = `/code?then=${encodeURIComponent(location.pathname)}`;
  const step = may ? undefined : steps[s.next];
  box("keys-step").replaceChildren(...(step ? [h("p", {}, "That takes a code, and yours cannot be sent yet. ", link(step[0], step[1]))] : []));
}

/** @param {string} key @param {string} last4 */
function copy(key, last4) {
  const press = h("button", { type: "button", class: "usa-button usa-button--unstyled", "aria-label": `Copy the license key ending ${last4}` }, "Copy");
  press.addEventListener("click", () => {
    navigator.clipboard.writeText(key).then(() => told(press, "Copied", "Copied."), () => told(press, "Copy", "Your browser does not allow copying; select the key and copy it."));
  });
  return press;
}

/** @param {HTMLElement} press @param {string} label @param {string} text */
function told(press, label, text) {
  press.textContent = label;
  say("said", text);
}

/** The keys as a file: one line a key. @param {Order} o */
export function keysFile(o) {
  return csv([["Order", "Number", "Product", "License key", "State"],
    ...o.keys.map((k, i) => [o.number, String(i + 1), productName(k.product), k.license_key ?? `ends in ${k.last4}`, stateName(k.state === "registered" ? "entered" : k.state)])]);
}
