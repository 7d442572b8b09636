// @ts-check
/** @import { Session } from "./contract.js" */
import { call } from "./api.js";
import { el, say, show } from "./dom.js";
import { destination, onSubmit } from "./form.js";
import { start } from "./shell.js";

/** @type {Record<string, string>} */
const reasons = {
  ended: "Please sign in to see that page.", out: "You have signed out.",
  idle: "You were signed out because nothing had happened for 15 minutes, or because eight hours were over.",
};

start(async () => {
  const why = reasons[new URLSearchParams(location.search).get("why") ?? ""];
  if (why) {
    say("ended-text", why);
    show("ended");
  }
  onSubmit(el("form", HTMLFormElement), async (values) => {
    const s = /** @type {Session} */ (await call("POST", "/api/session", values));
    const onward = destination("/dashboard");
    location.assign(s.next === "enter-otp" ? `/code?signing-in=1&then=${encodeURIComponent(onward)}` : onward);
  });
});
