// @ts-check
/** @import { Phones } from "./contract.js" */
import { call } from "./api.js";
import { expiry, mayElevate, mostPhones, nextStep, proofedHow, recommended } from "./credential.js";
import { box, facts, h, loaded, say, show } from "./dom.js";
import { channelName, onDay, phoneName, productName, stateClass, stateName, strengthName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  const c = s.credential;
  if (!c) {
    loaded();
    show("none");
    return;
  }
  const { phones } = /** @type {Phones} */ (await call("GET", "/api/phones"));
  loaded();
  show("content");
  facts("facts", [
    ["Status", h("strong", { class: stateClass(c.state) }, stateName(c.state))], ["Product", productName(c.product)], ["Credential strength now", strengthName(s.strength)],
    ["Identity proofing", proofedHow(c) || "Not part of this credential, or not done yet"],
    ["Date of purchase", onDay(c.purchased_at)], [c.state === "expired" ? "Validity" : "Valid until", expiry(s)],
  ]);
  const step = nextStep(s);
  if (step && c.state !== "active") box("next-step").append(step); // the hint about a second phone stands below the phones
  show("elevate", mayElevate(s));
  box("phones").append(...phones.map((p) => h("li", { class: "phones__item" }, h("div", {}, h("strong", {}, phoneName(p)), h("p", { class: "small" }, `${channelName(p.channel)}, ${p.country}, added ${onDay(p.added_at)}`)))));
  say("phones-hint", phones.length === 0 ? "No phone is registered." : phones.length < recommended ? "Only one phone is registered. Two or more are recommended: without any phone you cannot sign in with a code." : `${phones.length} of ${mostPhones} phones are registered.`);
  show("add", phones.length < mostPhones && (c.state === "active" || s.next === "register-phone"));
});
