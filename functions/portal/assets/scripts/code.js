// @ts-check
/** The code prompt of sign-in, and Elevate Credential Strength: the same steps. */
/** @import { Challenge, Phone, Session } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { CodePanel } from "./challenge.js";
import { el, h, link, loaded, say, show } from "./dom.js";
import { destination, onPress, onSubmit, wayOn } from "./form.js";
import { channelName, phoneName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  loaded();
  const onward = destination("/dashboard");
  const signingIn = new URLSearchParams(location.search).has("signing-in");
  if (!signingIn) say("heading", s.strength === "phone_otp" ? "Enter a code again" : "Elevate Credential Strength");
  if (s.credential?.state !== "active" || s.phones.length === 0) return noCode(s);

  /** @type {Phone | undefined} */
  let phone;
  const panel = /** @type {CodePanel<Session>} */ (new CodePanel({
    verify: "/api/otp/verify", texts: () => phone?.channel === "sms", verified: () => location.assign(onward),
  }));
  /** @param {Challenge} challenge @param {boolean} [focus] */
  const entered = (challenge, focus) => {
    show("choose", false);
    show("change", s.phones.length > 1);
    panel.show(challenge, focus);
  };
  phoneChoice(s.phones);
  const chosen = () => s.phones.find((p) => p.id === new FormData(form).get("phone_id")) ?? /** @type {Phone} */ (s.phones[0]);
  /** @param {"sms" | "voice"} channel */
  const send = async (channel) => {
    phone = chosen();
    entered(await call("POST", "/api/otp/send", { phone_id: phone.id, channel }));
  };
  const form = el("choose-form", HTMLFormElement);
  form.addEventListener("change", () => show("call-item", chosen().channel === "sms"));
  onSubmit(form, () => send(chosen().channel));
  onPress(el("call", HTMLButtonElement), form, () => send("voice"));
  el("change-phone", HTMLButtonElement).addEventListener("click", () => {
    panel.hide();
    show("change", false);
    show("choose");
    form.querySelector("input")?.focus();
  });
  el("skip-link", HTMLAnchorElement).href = onward;
  if (!signingIn) {
    say("skip-heading", "Not now?");
    say("skip-link", "Go back without a code");
    if (s.strength === "phone_otp") say("skip-text", "This session stays at Phone OTP strength. Phones can be changed only after a fresh code.");
  }
  show("skip");
  show("call-item", chosen().channel === "sms");

  const open = s.challenge;
  phone = s.phones.find((p) => p.ending === open?.phone.ending);
  if (open && phone && open.tries_left > 0 && Date.parse(open.expires_at) > serverNow()) entered(open, false);
  else show("choose");
});

/** @param {Phone[]} phones */
function phoneChoice(phones) {
  const group = el("phones", HTMLFieldSetElement);
  phones.forEach((p, i) => {
    const id = `phone-${i}`;
    const input = h("input", { class: "usa-radio__input usa-radio__input--tile", type: "radio", name: "phone_id", value: p.id, id, ...(i === 0 ? { checked: "" } : {}) });
    group.append(h("div", { class: "usa-radio" }, input,
      h("label", { class: "usa-radio__label", for: id }, phoneName(p), h("span", { class: "usa-radio__label-description" }, channelName(p.channel)))));
  });
}

/** No code can be sent: say why, and what would help. @param {Session} s */
function noCode(s) {
  say("heading", "No code can be sent");
  const why = {
    expired: "Your credential has expired, so no code is asked for and sign-in stays at password strength.", frozen: "Your credential is frozen.", revoked: "Your credential has been revoked.",
    registered: "Register a phone first; it activates your credential.", proofed: "Register a phone first; it activates your credential.", proofing: "Your identity has to be proofed first.", active: "No phone is registered.",
  };
  const text = s.credential ? why[s.credential.state] : "You do not hold a credential yet.";
  const way = s.credential ? (s.credential.state === "frozen" || s.credential.state === "revoked" ? link("/help/contact", "Contact support") : s.credential.state === "expired" ? link("/account/otp", "Renew or buy new") : wayOn(s.next) ?? link("/store", "Get 2FA")) : link("/store", "Get 2FA");
  document.getElementById("problem")?.append(h("p", { class: "usa-intro" }, text), h("p", {}, way, " ", link("/dashboard", "Go to the dashboard")));
}
