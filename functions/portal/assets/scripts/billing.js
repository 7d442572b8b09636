// @ts-check
/** A billing address: shown, put into its fields, read from them. */
/** @import { Billing } from "./contract.js" */
import { box, el, h, show } from "./dom.js";

const names = /** @type {const} */ (["name", "line1", "line2", "city", "region", "postal_code", "country"]);

/** @param {Billing} billing */
export function billingFields(billing) {
  for (const name of names) {
    const field = document.querySelector(`[name="billing.${name}"]`);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = billing[name] ?? "";
  }
}

/** @param {Record<string, string>} values @returns {Record<string, string>} */
export function billingOf(values) {
  /** @type {Record<string, string>} */
  const billing = {};
  for (const name of names) {
    const value = (values[`billing.${name}`] ?? "").trim();
    if (value || (name !== "line2" && name !== "region")) billing[name] = value;
  }
  return billing;
}

const countryName = new Intl.DisplayNames(["en"], { type: "region" });

/** @param {Billing} b @returns {HTMLElement[]} */
export function billingLines(b) {
  const town = [b.city, b.region, b.postal_code].filter(Boolean).join(", ");
  return [b.name, b.line1, b.line2, town, countryName.of(b.country)].filter((l) => l).map((l) => h("span", { class: "address__line" }, l ?? ""));
}

/**
 * Shows the kept address, with a button to change it, or the fields if none is kept.
 * @param {Billing | null} kept @param {Billing} suggestion for the fields, without one
 */
export function showBilling(kept, suggestion) {
  billingFields(kept ?? suggestion);
  show("billing-view", Boolean(kept));
  show("billing-form", !kept);
  show("billing-keep", Boolean(kept));
  if (kept) box("billing-text").replaceChildren(...billingLines(kept));
}

/** What is asked for with an invoice only is shown with that. @param {HTMLFormElement} form @param {(invoice: boolean) => void} [drawn] */
export function invoicePart(form, drawn = () => {}) {
  const draw = () => {
    const invoice = el("pay-invoice", HTMLInputElement).checked;
    show("invoice-part", invoice);
    drawn(invoice);
  };
  form.addEventListener("change", draw);
  draw();
}

/** The way of paying and, with an invoice, the buyer's own number. @param {Record<string, string>} values */
export function paymentOf({ payment, purchase_order: own = "" }) {
  return { payment, ...(payment === "invoice" && own.trim() ? { purchase_order: own.trim() } : {}) };
}

/** The two buttons between the kept address and its fields. */
export function billingButtons() {
  const change = el("billing-change", HTMLButtonElement);
  const turn = (/** @type {boolean} */ open) => { show("billing-view", !open); show("billing-form", open); };
  change.addEventListener("click", () => { turn(true); el("billing-name", HTMLInputElement).focus(); });
  el("billing-keep", HTMLButtonElement).addEventListener("click", () => { turn(false); change.focus(); });
}
