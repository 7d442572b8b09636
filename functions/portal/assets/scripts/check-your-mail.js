// @ts-check
import { call } from "./api.js";
import { arriveAt, el, say } from "./dom.js";
import { onSubmit } from "./form.js";
import { start } from "./shell.js";

start(async () => {
  const to = sessionStorage.getItem("phoneotp.mail");
  if (to) {
    say("to", `to ${to}`);
    el("email", HTMLInputElement).value = to;
  }
  onSubmit(el("form", HTMLFormElement), async (values) => {
    await call("POST", "/api/accounts/confirmation", values);
    arriveAt("done");
  });
});
