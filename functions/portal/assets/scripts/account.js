// @ts-check
/** @import { Account } from "./contract.js" */
import { call } from "./api.js";
import { billingFields, billingOf } from "./billing.js";
import { el, facts, loaded, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  fill(await call("GET", "/api/account"));
  loaded();
  show("content");
  saves("form", (values) => ({ given_name: values.given_name, family_name: values.family_name, country: values.country }));
  saves("billing", (values) => ({ billing: billingOf(values) }));
});

/** @param {Account} account */
function fill(account) {
  facts("facts", [["User ID", account.user_id], ["Email", account.email]]);
  el("given_name", HTMLInputElement).value = account.given_name;
  el("family_name", HTMLInputElement).value = account.family_name;
  el("country", HTMLSelectElement).value = account.country;
  if (account.billing) billingFields(account.billing);
}

/** @param {string} id @param {(values: Record<string, string>) => unknown} change */
function saves(id, change) {
  const form = el(id, HTMLFormElement);
  const saved = /** @type {HTMLElement} */ (form.querySelector("[data-saved]"));
  form.addEventListener("input", () => { saved.textContent = ""; });
  onSubmit(form, async (values) => {
    saved.textContent = "";
    fill(await call("PATCH", "/api/account", change(values)));
    saved.textContent = "Saved.";
  });
}
