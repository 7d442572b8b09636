// @ts-check
/** A billing address: shown, put into its fields, read from them. */
/** @import { Billing } from "./contract.js" */
import { h } from "./dom.js";

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
