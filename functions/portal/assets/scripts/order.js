// @ts-check
/** One order: from awaiting payment to Let's Get Credentialed. */
/** @import { Order, Redeemed, Session } from "./contract.js" */
import { call } from "./api.js";
import { afterKey } from "./credential.js";
import { alert, box, el, facts, h, link, loaded, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { at, money, onDay, productName, stateClass, stateName } from "./format.js";
import { renewalStage } from "./renewal.js";
import { signedIn, start } from "./shell.js";

const live = ["registered", "proofing", "proofed", "active", "frozen"];
const lookFrom = 2_000, lookUpTo = 15_000, lookFor = 20 * 60_000; // milliseconds

start(async () => {
  const s = await signedIn();
  const path = `/api/orders/${encodeURIComponent(location.pathname.split("/").at(-1) ?? "")}`;
  const order = /** @type {Order} */ (await call("GET", path));
  loaded();
  show("content");
  draw(s, order, path);
  onPress(el("resend", HTMLButtonElement), box("action-problem"), async () => {
    await call("POST", `${path}/keys/resend`);
    say("resent", "The mail is on its way to the buyer's address.");
  });
  follow(s, order, path);
});

/** Payment and keys come from elsewhere: look again, less and less often, while the page is seen. @param {Session} s @param {Order} order @param {string} path */
function follow(s, order, path) {
  let state = order.state;
  let pause = lookFrom;
  const until = Date.now() + lookFor;
  const look = async () => {
    if (!document.hidden) {
      try {
        const now = /** @type {Order} */ (await call("GET", path));
        if (now.state !== state) {
          state = now.state;
          pause = lookFrom;
          draw(s, now, path);
          say("said", `Order ${now.number}: ${stateName(now.state)}.`);
        }
      } catch { /* only a look: the next one may work */ }
    }
    pause = Math.min(lookUpTo, pause * 1.3);
    if (waiting(state) && Date.now() < until) setTimeout(() => void look(), pause);
  };
  if (waiting(state)) setTimeout(() => void look(), pause);
}

/** @param {string} state */
const waiting = (state) => state === "placed" || state === "paid";

/** @param {Session} s @param {Order} o @param {string} path */
function draw(s, o, path) {
  say("heading", `Order ${o.number}`);
  document.title = `Order ${o.number} | Phone OTP`;
  box("stage").replaceChildren(...(renewalStage(o, () => cancel(path)) ?? stage(s, o, path)));
  facts("facts", [
    ["State", h("strong", { class: stateClass(o.state) }, stateName(o.state))], ["Date of purchase", at(o.placed_at)], ["Payment", o.payment === "card" ? "Card" : "Invoice"],
    ["Invoice", o.invoice ? `${o.invoice.number}, due ${onDay(o.invoice.due_at)}` : null],
  ]);
  box("lines").replaceChildren(...o.lines.map((l) => h("tr", {}, h("th", { scope: "row" }, productName(l.product)), h("td", { "data-label": "Keys" }, String(l.quantity)),
    h("td", { class: "num", "data-label": "Price each" }, money(l.price)), h("td", { class: "num", "data-label": "Amount" }, money({ ...l.price, amount: l.price.amount * l.quantity })))));
  say("total", money(o.total));
  keys(s, o);
}

/** The upper part: what the order waits for, and the one thing to do. @param {Session} s @param {Order} o @param {string} path */
function stage(s, o, path) {
  if (o.state === "placed") return o.payment === "card" ? awaitingCard(path) : awaitingInvoice(o, path);
  if (o.state === "paid") return [alert("info", "Payment received", "Your license keys are being made. This page goes on by itself.")];
  if (o.state === "fulfilled") return credentialed(s, o);
  /** @type {Record<string, [string, string]>} */
  const ends = {
    cancelled: ["This order was cancelled", "Nothing is owed. Its license keys, if there were any, do not work."],
    refunded: ["This order was refunded", "Its license keys do not work any more."],
    disputed: ["The payment of this order is disputed", "Keys that were not used yet are suspended until the bank has decided."],
  };
  const [title, text] = ends[o.state] ?? [stateName(o.state), ""];
  return [alert("warning", title, text)];
}

/** @param {string} path */
function awaitingCard(path) {
  const pay = button("Pay now", "usa-button", "Opening\u2026", async () => {
    const fresh = /** @type {Order} */ (await call("POST", `${path}/checkout`));
    if (fresh.checkout_url) location.assign(fresh.checkout_url);
  });
  return [alert("info", "Awaiting payment", "We have not heard of your payment yet. If you have just paid, this page goes on by itself within a minute. Otherwise pay now; the order is kept for 24 hours."), group(pay, cancel(path))];
}

/** @param {Order} o @param {string} path */
function awaitingInvoice(o, path) {
  const pay = o.invoice_url ? link(o.invoice_url, "Open the invoice", "usa-button") : null;
  const due = o.invoice ? ` It is due on ${onDay(o.invoice.due_at)}.` : "";
  return [alert("info", "Awaiting payment", `The invoice has been mailed to you.${due} License keys go out when the payment has arrived in full.`), group(pay, cancel(path))];
}

/** @param {string} path */
function cancel(path) {
  return button("Cancel the order", "usa-button usa-button--outline", "Cancelling\u2026", async () => {
    await call("POST", `${path}/cancel`);
    location.reload();
  });
}

/** @param {Session} s @param {Order} o */
function credentialed(s, o) {
  const free = o.keys.filter((k) => k.state === "issued");
  const own = o.keys.length === 1 ? free[0]?.license_key : undefined;
  const holds = Boolean(s.credential && live.includes(s.credential.state));
  const parts = [alert("success", "Let's Get Credentialed", free.length ? "The payment has arrived and the license key has been mailed to you." : "Every license key of this order has been used or is void.")];
  if (own && !holds) {
    const enter = button("Enter this key for me and continue", "usa-button usa-button--big", "Entering the key\u2026", async () => {
      const { next } = /** @type {Redeemed} */ (await call("POST", "/api/licenses/redeem", { license_key: own }));
      location.assign(afterKey(next));
    });
    parts.push(h("p", {}, "Is it for you? One button enters the key and goes on to the next step. Entering a key binds it to your account for good."), group(enter));
  } else if (free.length && !holds) parts.push(group(link("/redeem", "Enter a license key", "usa-button")));
  return parts;
}

/** @param {Session} s @param {Order} o */
function keys(s, o) {
  show("keys", o.keys.length > 0);
  show("keys-weak", o.keys.some((k) => k.state === "issued" && !k.license_key) && s.strength === "password" && Boolean(s.credential));
  el("keys-elevate", HTMLAnchorElement).href = `/code?then=${encodeURIComponent(location.pathname)}`;
  show("resend", o.keys.some((k) => k.state === "issued"));
  box("keys-list").replaceChildren(...o.keys.map((k) => {
    const shown = k.license_key ?? `\u2022\u2022\u2022\u2022\u2022 ${k.last4}`;
    const item = h("li", { class: "keys__item" }, h("code", { class: "keys__key" }, shown), h("strong", { class: stateClass(k.state) }, stateName(k.state)));
    if (k.license_key) item.append(copy(k.license_key, k.last4));
    return item;
  }));
}

/** @param {string} key @param {string} last4 */
function copy(key, last4) {
  const press = h("button", { type: "button", class: "usa-button usa-button--unstyled", "aria-label": `Copy the license key ending ${last4}` }, "Copy");
  press.addEventListener("click", () => {
    navigator.clipboard.writeText(key).then(() => say("said", "Copied."), () => say("said", "Your browser does not allow copying; select the key and copy it."));
  });
  return press;
}

/** @param {string} text @param {string} kind @param {string} busy @param {() => Promise<void>} act */
function button(text, kind, busy, act) {
  const made = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: kind, "data-busy": busy }, text));
  onPress(made, box("action-problem"), act);
  return made;
}

/** @param {...(HTMLElement | null)} items */
function group(...items) {
  return h("ul", { class: "usa-button-group" }, ...items.filter((i) => i !== null).map((i) => h("li", { class: "usa-button-group__item" }, i)));
}
