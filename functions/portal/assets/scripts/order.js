// @ts-check
/** One order: from awaiting payment to Let's Get Credentialed. */
/** @import { Order, Session } from "./contract.js" */
import { call } from "./api.js";
import { box, facts, h, loaded, say, show } from "./dom.js";
import { at, methodName, money, onDay, productName, stateClass, stateName } from "./format.js";
import { drawKeys, keyButtons } from "./order-keys.js";
import { phaseOf, stage, waits } from "./order-stage.js";
import { signedIn, start } from "./shell.js";

const lookFrom = 2_000, lookUpTo = 15_000, lookFor = 20 * 60_000; // milliseconds
/** The payment service sent the person back: it says so itself, which proves nothing. */
const returned = new URLSearchParams(location.search).has("returned");

start(async () => {
  const s = await signedIn();
  const path = `/api/orders/${encodeURIComponent(location.pathname.split("/").at(-1) ?? "")}`;
  const order = /** @type {Order} */ (await call("GET", path));
  loaded();
  show("content");
  new Page(s, path, order);
});

/** The page of one order, as it goes on. */
class Page {
  /** @param {Session} s @param {string} path @param {Order} order */
  constructor(s, path, order) {
    this.session = s;
    this.path = path;
    this.order = order;
    this.since = performance.now();
    this.seen = "";
    this.pause = lookFrom;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    keyButtons(path, () => this.order);
    this.draw();
    this.wait();
    const back = () => { if (!document.hidden && waits(this.order)) void this.look(); };
    document.addEventListener("visibilitychange", back);
    addEventListener("pageshow", (event) => { if (event.persisted) back(); });
  }

  /** How long the person has been waiting here, in milliseconds. */
  get waited() { return performance.now() - this.since; }

  /** @param {Order} order */
  takes(order) {
    const before = this.order.state;
    this.order = order;
    if (order.state !== before) {
      this.pause = lookFrom;
      say("said", `Order ${order.number}: ${stateName(order.state)}.`);
    }
    this.draw();
  }

  /** Draws what has changed; a repeat leaves focus and opened parts alone. */
  draw() {
    const o = this.order;
    const phase = phaseOf(o, { returned, waited: this.waited });
    const now = JSON.stringify([phase, o.state, o.invoice, Boolean(o.invoice_url), o.keys]);
    if (now === this.seen) return;
    this.seen = now;
    say("heading", `Order ${o.number}`);
    document.title = `Order ${o.number} | Phone OTP`;
    box("stage").replaceChildren(...stage(phase, { session: this.session, order: o, path: this.path, takes: (order) => this.takes(order) }));
    facts("facts", [
      ["State", h("strong", { class: stateClass(o.state) }, stateName(o.state))], ["Date of purchase", at(o.placed_at)], ["Payment", methodName(o.payment)],
      ["Invoice", o.invoice ? o.invoice.number : null], ["Due", o.invoice ? onDay(o.invoice.due_at) : null], ["Invoice status", o.invoice ? statusOf(o.invoice) : null],
      ["Paid so far", o.invoice?.paid ? money(o.invoice.paid) : null], ["Left to pay", o.invoice?.left ? money(o.invoice.left) : null],
      ["Purchase order", o.purchase_order ?? null],
    ]);
    box("lines").replaceChildren(...o.lines.map((l) => h("tr", {}, h("th", { scope: "row" }, productName(l.product)), h("td", { "data-label": "Keys" }, String(l.quantity)),
      h("td", { class: "num", "data-label": "Price each" }, money(l.price)), h("td", { class: "num", "data-label": "Amount" }, money({ ...l.price, amount: l.price.amount * l.quantity })))));
    say("total", money(o.total));
    drawKeys(this.session, o);
  }

  /** Payment and keys come from elsewhere: look again, less and less often, while the page is seen. */
  wait() {
    clearTimeout(this.timer);
    if (waits(this.order) && this.waited < lookFor) this.timer = setTimeout(() => void this.look(), this.pause);
    this.pause = Math.min(lookUpTo, this.pause * 1.3);
  }

  async look() {
    clearTimeout(this.timer);
    if (!document.hidden) {
      try {
        this.takes(/** @type {Order} */ (await call("GET", this.path)));
      } catch { // only a look: the next one may work
        this.draw();
      }
    }
    this.wait();
  }
}

/** Stripe's words for an invoice. @type {Record<string, string>} */
const invoiceStatus = { draft: "Being prepared", open: "Open", paid: "Paid", uncollectible: "Open, given up", void: "Void" };

/** @param {NonNullable<Order["invoice"]>} i */
const statusOf = (i) => (i.left && i.status === "open" ? "Paid in part" : invoiceStatus[i.status] ?? i.status);
